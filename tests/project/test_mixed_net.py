"""A network with a bit of everything against the same way back written out in NumPy and SciPy."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.project import HeldFixedWarning
from tests.oracles import mixed

pytestmark = pytest.mark.slow

SIZE = (67, 63)
BEFORE_GATE = "stem norm relu pool1 depthwise silu dilated add relu_1 mean gate1 relu_2 gate2 sigmoid".split()
BEHIND_GATE = "mul left right cat relu_3 pool2 last".split()


class Mixed(nn.Module):
    """Partly modules, partly functions."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8, eps=mixed.EPS)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.dilated = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.gate1, self.gate2 = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.left, self.right = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 5, 3, padding=1)
        self.pool2 = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.last = nn.Conv2d(9, 6, 3)

    def forward(self, x):
        x = self.pool1(F.relu(self.norm(self.stem(x))))
        x = torch.relu(x + self.dilated(F.silu(self.depthwise(x))))
        gate = self.gate2(self.gate1(x.mean((2, 3), keepdim=True)).relu())
        x = x * gate.sigmoid()
        x = torch.cat([self.left(x), self.right(x)], 1).relu()
        return self.last(self.pool2(x))


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(11)
    model = Mixed().eval()
    with torch.no_grad():
        model.norm.weight.uniform_(-1.5, 1.5)  # negative factors too
        model.norm.bias.uniform_(-0.3, 0.3)
        model.norm.running_mean.uniform_(-0.3, 0.3)
        model.norm.running_var.uniform_(0.3, 2)
        model.gate1.bias.uniform_(0.0, 0.5)  # an open gate
        model.gate1.weight.mul_(4)
        model.gate2.weight.mul_(4)
    return ph.Network(model, input_size=(3, *SIZE))


@pytest.fixture(scope="module")
def pictures():
    return torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(12))


@pytest.fixture(scope="module")
def parameters(net):
    return {name: value.double().numpy() for name, value in net.model.state_dict().items()}


@pytest.fixture(scope="module")
def maps(parameters, pictures):
    return [mixed.forward(parameters, picture) for picture in pictures.double().numpy()]


def test_the_layers_and_their_maps_are_those_of_the_derivation(net, maps, pictures):
    names = [layer.name for layer in net.layers()]
    assert sorted(names) == sorted(BEFORE_GATE + BEHIND_GATE)
    for name, got in net.record(pictures, names).items():
        expected = np.stack([own[name] for own in maps])
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-5, atol=1e-5 * abs(expected).max())


def test_the_last_windows_of_both_pools_hang_over(net):
    sizes = {layer.name: layer.size for layer in net.layers()}
    assert (sizes["relu"], sizes["pool1"]) == ((34, 32), (17, 16))
    assert (sizes["relu_3"], sizes["pool2"]) == ((17, 16), (9, 9))


@pytest.mark.slow
@pytest.mark.parametrize("layer", BEFORE_GATE + BEHIND_GATE)
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
@pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning")
def test_every_layer_equals_the_derivation(net, pictures, parameters, maps, layer, rule, unpool):
    size = net.layer(layer).size
    for position in ("map", "peak", (size[0] - 1, size[1] - 1)):
        got = ph.project(net, pictures, [f"{layer}:0", f"{layer}:3"], rule, unpool, position).signal.numpy()
        for n, unit in enumerate((0, 3)):  # the first unit on the first picture, the second on the second
            start = mixed.selected(maps[n][layer], unit, position)
            expected = mixed.back(parameters, maps[n], layer, start, rule, unpool)
            np.testing.assert_allclose(got[n, n], expected, rtol=1e-5, atol=1e-5 * abs(expected).max())


def test_in_double_precision_to_thirteen_digits(net, pictures, parameters, maps):
    exact = ph.Network(Mixed().double().eval(), input_size=(3, *SIZE))
    exact.model.load_state_dict(net.model.state_dict())
    for rule in ("deconvnet", "guided", "gradient"):
        for position in ("map", "peak"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", HeldFixedWarning)
                got = ph.project(exact, pictures.double(), "last:1", rule, position=position).signal[0].numpy()
            for n, own in enumerate(maps):
                expected = mixed.back(parameters, own, "last", mixed.selected(own["last"], 1, position), rule, "")
                np.testing.assert_allclose(got[n], expected, rtol=0, atol=1e-13 * abs(expected).max())


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("layer", BEHIND_GATE)
def test_the_gate_is_listed_warned_of_once_and_refused_when_strict(net, pictures, layer, rule):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        used = ph.project(net, pictures, f"{layer}:0", rule).rules_used
    assert [w.category for w in said] == [HeldFixedWarning]
    assert str(said[0].message).startswith(f"{rule} has no rule for mul: ")
    assert [(u.layer, u.operation) for u in used if u.treatment == "held fixed"] == [("mul", "Mul")]
    with pytest.raises(UsageError, match=f"{rule} has no rule for mul: .*strict=True"):
        ph.project(net, pictures, f"{layer}:0", rule, strict=True)


@pytest.mark.filterwarnings("error")
def test_nothing_is_said_before_the_gate_or_under_the_gradient(net, pictures):
    for layer in BEFORE_GATE:
        for rule in ("deconvnet", "guided"):
            used = ph.project(net, pictures, f"{layer}:0", rule, strict=True).rules_used
            assert "held fixed" not in [u.treatment for u in used]
    ph.project(net, pictures, "last:0", "gradient", strict=True)
