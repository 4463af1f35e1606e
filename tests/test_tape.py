"""Names and order of layers, against torchvision's feature extraction and against hand-written lists."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

import phosphene as ph
from phosphene.tape import run


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.conv(x))
        out += x
        return self.relu(out)


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.block = Block()
        self.nothing = nn.Identity()
        self.drop = nn.Dropout()
        self.weight = nn.Parameter(torch.randn(5, 4, 1, 1))

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = self.nothing(self.drop(self.block(self.block(x))))
        x = F.conv2d(x, self.weight * 2)
        return torch.relu(x).mean((2, 3))


def names(model, size=(3, 8, 8)):
    return [layer.name for layer in ph.Network(model, input_size=size).layers()]


def test_modules_functions_and_what_is_called_again():
    assert names(Mixed()) == [
        "stem",
        "relu",
        "block.conv",
        "block.relu",
        "block.add",
        "block.relu_1",
        "block.conv_1",
        "block.relu_2",
        "block.add_1",
        "block.relu_3",
        "conv2d",
        "relu_1",
    ]


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_0", pytest.param("googlenet", marks=pytest.mark.slow)])
def test_names_and_values_are_those_of_torchvisions_extraction(name):
    torch.manual_seed(0)
    options = {"init_weights": False} if name == "googlenet" else {}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    _, theirs = get_graph_node_names(model)
    net = ph.Network(model, input_size=(3, 64, 64))
    ours = [layer.name for layer in net.layers()]
    shared = [layer for layer in ours if layer in theirs]
    assert len(shared) >= 0.95 * len(ours)
    assert shared == [layer for layer in theirs if layer in ours], "another order"
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    # GoogLeNet's functional ReLUs work in place on what the norms gave, so there theirs is overwritten.
    some = [layer for layer in shared if net.layer(layer).size != (1, 1) and net.layer(layer).kind != "batch_norm"][::7]
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    expected = create_feature_extractor(model, some)(x)
    for layer, maps in net.record(x, some).items():
        torch.testing.assert_close(maps, expected[layer])


def test_recorded_maps_survive_later_in_place_operations():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)).eval()
    net = ph.Network(model, input_size=(3, 8, 8))
    x = torch.randn(1, 3, 8, 8)
    maps = net.record(x, ["0", "1"])
    torch.testing.assert_close(maps["0"], F.conv2d(x, model[0].weight, model[0].bias))
    assert (maps["0"] < 0).any()
    assert (maps["1"] >= 0).all()


def test_a_run_ends_at_the_event_that_asks_for_it():
    reached = []

    class Late(nn.Module):
        def forward(self, x):
            reached.append(1)
            return x

    model = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(), Late())
    run(model, torch.zeros(1, 3, 4, 4), lambda event: event.name == "1")
    assert not reached
    run(model, torch.zeros(1, 3, 4, 4), lambda event: False)
    assert reached


def test_a_models_own_except_clause_does_not_swallow_the_stop():
    class Careful(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x):
            try:
                return self.conv(x)
            except Exception:
                return x

    assert ph.project(ph.Network(Careful(), input_size=(3, 4, 4)), torch.ones(1, 3, 4, 4), "conv").signal.shape[0] == 2


def test_a_net_that_is_one_bare_operation():
    assert names(nn.Conv2d(3, 2, 1)) == ["conv2d"]


def test_channels_last_parts_and_tokens_show_their_units():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.mix = nn.Conv2d(3, 6, 2, 2), nn.Linear(6, 10)

        def forward(self, x):
            x = F.gelu(self.mix(self.conv(x).permute(0, 2, 3, 1)))
            return self.mix.bias + x.flatten(1, 2)

    net = ph.Network(Last(), input_size=(3, 8, 12))
    sizes = {layer.name: (layer.units, layer.size) for layer in net.layers()}
    assert sizes == {"conv": (6, (4, 6)), "mix": (10, (4, 6)), "gelu": (10, (4, 6)), "add": (10, (1, 24))}
    x = torch.randn(2, 3, 8, 12)
    expected = F.gelu(net.model.mix(net.model.conv(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
    torch.testing.assert_close(net.record(x, "gelu")["gelu"], expected.detach())
    # A GELU may be below zero there, which deconvnet would rectify away: the gradient rule lets it through.
    assert ph.project(net, x, "gelu:4", "gradient", position=(1, 2)).signal.any()


class Summing(nn.Module):
    """Maps that are summed over units are no layer; those summed over rows or images of one kept unit axis are."""

    def __init__(self, reduce):
        super().__init__()
        self.conv, self.reduce = nn.Conv2d(3, 4, 3, padding=1), reduce

    def forward(self, x):
        maps = self.conv(x)
        return self.reduce(maps) * 2.0


@pytest.mark.parametrize(
    ("reduce", "units"),
    [
        (lambda x: x.sum(1), None),
        (lambda x: x.mean(dim=-3), None),
        (lambda x: x.amax(dim=(1, 2)), None),
        (lambda x: x.max(1)[0], None),
        (lambda x: x.sum(2), 4),
        (lambda x: x.mean(dim=[-1]), 4),
        (lambda x: x.sum(1, keepdim=True), 1),
    ],
)
def test_what_is_summed_over_units_has_none(reduce, units):
    layers = {layer.name: layer for layer in ph.Network(Summing(reduce), input_size=(3, 8, 6)).layers()}
    assert "conv" in layers
    assert (layers["mul"].units if "mul" in layers else None) == units


def test_a_gate_made_over_units_leaves_the_units_of_what_it_gates():
    def gated(maps):
        return torch.sigmoid(maps.mean(1)).unsqueeze(1) * maps

    layers = {layer.name: layer for layer in ph.Network(Summing(gated), input_size=(3, 8, 6)).layers()}
    assert "sigmoid" not in layers
    assert (layers["mul"].units, layers["mul"].size) == (4, (8, 6))
