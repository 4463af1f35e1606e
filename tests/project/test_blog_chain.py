"""The blog's network against the same method written out with conv_transpose2d, max_unpool2d and interpolate."""

import pytest
import torch
import torch.nn.functional as F

import phosphene as ph
from phosphene.bundled.architectures import BlogNet
from tests.oracles import chain

LAYERS = ("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "fc2")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return BlogNet().eval()


@pytest.fixture(scope="module")
def pictures():
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(4))


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()) + 1e-12)


def test_layers_are_named_as_the_design_says(model):
    assert [layer.name for layer in ph.Network(model).layers()] == list(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_every_layer_equals_the_chain(model, pictures, layer, rule, unpool):
    maps, _ = chain.forward(model, pictures)
    for position in ("map", "peak", (1, 2)) if maps[layer].ndim == 4 else ("map",):
        got = ph.project(ph.Network(model), pictures, [f"{layer}:{u}" for u in (0, 5)], rule, unpool, position)
        for index, unit in enumerate((0, 5)):
            signal = chain.selected(maps[layer], unit, position)
            close(got.signal[index], chain.back(model, pictures, layer, signal, rule, unpool))


def test_all_units_at_once_equal_one_at_a_time(model, pictures):
    net = ph.Network(model)
    together = ph.project(net, pictures, "relu2")
    assert together.signal.shape == (64, 2, 3, 32, 32)
    for unit in (0, 17, 63):
        close(together.signal[unit], ph.project(net, pictures, f"relu2:{unit}").signal[0])


@pytest.mark.parametrize("position", ["map", "peak"])
def test_units_come_in_the_order_they_were_asked_in(model, pictures, position):
    net = ph.Network(model)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0)).tolist()
    asked = ph.project(net, pictures, [f"relu2:{unit}" for unit in order], position=position)
    in_order = ph.project(net, pictures, "relu2", position=position)
    assert [unit.index for unit in asked.units] == order
    assert torch.equal(asked.activation, in_order.activation[order])
    close(asked.signal, in_order.signal[order])


def test_chunks_that_fit_into_little_memory_change_nothing(model, pictures):
    net = ph.Network(model)
    whole = ph.project(net, pictures, "relu2")
    small = ph.project(net, pictures, "relu2", memory=3_000_000)
    close(small.signal, whole.signal)


def test_a_signal_of_the_callers_own(model, pictures):
    maps, _ = chain.forward(model, pictures)
    own = torch.randn(maps["relu2"].shape, generator=torch.Generator().manual_seed(5))
    got = ph.project(ph.Network(model), pictures, "relu2", signal=own)
    close(got.signal[0], chain.back(model, pictures, "relu2", own, "deconvnet", "switches"))


def test_activation_and_place_are_those_of_the_map(model, pictures):
    maps, _ = chain.forward(model, pictures)
    got = ph.project(ph.Network(model), pictures, "relu2", position="peak")
    for unit in range(64):
        for n in range(2):
            row, column = got.places[unit, n].tolist()
            assert maps["relu2"][n, unit, row, column] == maps["relu2"][n, unit].max()
            assert torch.isclose(got.activation[unit, n], maps["relu2"][n, unit].max())


def test_pixels_undo_the_scale_of_the_preprocessing(model, pictures):
    from phosphene.preprocessing import Preprocessing

    scaled = ph.Network(model, Preprocessing((32, 32), (0.4, 0.5, 0.6), (0.2, 0.25, 0.5)))
    got = ph.project(scaled, pictures, "conv2:1")
    close(got.pixels, got.signal * torch.tensor([0.2, 0.25, 0.5]).reshape(3, 1, 1))
    plain = ph.project(ph.Network(model), pictures, "conv2:1")
    assert torch.equal(plain.pixels, plain.signal)


class Functional(torch.nn.Module):
    """The blog's network without a single module call: functions on plain parameters."""

    def __init__(self, other, relu):
        super().__init__()
        self.weights = torch.nn.ParameterDict({k.replace(".", "_"): v for k, v in other.named_parameters()})
        self.relu = relu

    def forward(self, x):
        w, relu = self.weights, self.relu
        x = F.max_pool2d(relu(F.conv2d(x, w["conv1_weight"], w["conv1_bias"], padding=2)), 2)
        x = F.max_pool2d(relu(torch.conv2d(x, w["conv2_weight"], w["conv2_bias"], padding=2)), (2, 2))
        x = relu(F.linear(x.flatten(1), w["fc1_weight"], w["fc1_bias"]))
        return x @ w["fc2_weight"].T + w["fc2_bias"]


RELUS = {
    "F.relu": F.relu,
    "torch.relu": torch.relu,
    "Tensor.relu": lambda x: x.relu(),
    "in place": lambda x: F.relu(x, inplace=True),
    "relu_": lambda x: x.relu_(),
    "clamp(min)": lambda x: x.clamp(min=0),
    "clamp_min": lambda x: torch.clamp_min(x, 0.0),
    "clip": lambda x: x.clip(0),
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "max": lambda x: torch.max(x, torch.tensor(0.0)),
    "fmax": lambda x: torch.fmax(x, torch.tensor(0.0)),
    "threshold": lambda x: F.threshold(x, 0.0, 0.0),
    "leaky_relu(0)": lambda x: F.leaky_relu(x, 0.0),
    "hardtanh": lambda x: F.hardtanh(x, 0.0, 1e9),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "mask": lambda x: x * (x > 0),
}


@pytest.mark.parametrize("relu", RELUS.values(), ids=list(RELUS))
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.filterwarnings("error")
def test_sixteen_ways_to_write_a_relu(model, pictures, relu, rule):
    net = ph.Network(Functional(model, relu))

    expected = ph.project(ph.Network(model), pictures, "conv2:3", rule)
    before = "conv2d_1"
    assert before in [layer.name for layer in net.layers()]
    close(ph.project(net, pictures, f"{before}:3", rule).signal, expected.signal)
