"""A single position sent back in its cone equals the same signal sent back over whole planes, everywhere."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import phosphene as ph
from tests.project.test_gradient import Random


def whole(net, x, layer, place, unit, rule, unpool):
    """Send back the same position as the caller's own signal, which never lives in a window."""
    maps = net.record(x, layer)[layer]
    signal = torch.zeros_like(maps)
    for image, (row, column) in enumerate(place.tolist()):
        signal[image, unit, row, column] = maps[image, unit, row, column]
    return ph.project(net, x, layer, rule, unpool, signal=signal).signal[0]


def check(net, x, layer, rule, unpool, position, units=None):
    got = ph.project(net, x, layer, rule, unpool, position)
    for unit in units or (0, len(got.units) - 1):
        expected = whole(net, x, layer, got.places[unit], unit, rule, unpool)
        scale = float(expected.abs().max())
        torch.testing.assert_close(got.signal[unit], expected, rtol=1e-4, atol=1e-5 * scale + 1e-9)


class Stack(nn.Module):
    """Overlapping ceil-mode pools, strides, padding, dilation, groups, a residual sum and a concatenation."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, 2, 3)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.norm = nn.BatchNorm2d(8)
        self.deep = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.left, self.right = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 5, 3, padding=1)
        self.last = nn.Conv2d(9, 6, 3)
        self.norm.running_mean.uniform_(-0.5, 0.5)
        self.norm.running_var.uniform_(0.5, 2)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, ceil_mode=True)
        x = F.relu(self.norm(self.conv2(x)) + x)
        x = F.max_pool2d(F.silu(self.deep(x)), 2)
        return self.last(F.relu(torch.cat([self.left(x), self.right(x)], 1)))


@pytest.fixture(scope="module")
def stack():
    torch.manual_seed(1)
    return Stack().eval()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(64, 64), (61, 75)])
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_every_layer_of_a_mixed_stack(stack, size, rule, unpool):
    net = ph.Network(stack, input_size=(3, *size))
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(2))
    for layer in net.layers():
        check(net, x, layer.name, rule, unpool, "peak")


@pytest.mark.slow
@pytest.mark.parametrize("corner", ["first", "last"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_corners_of_the_picture(stack, corner, unpool):
    net = ph.Network(stack, input_size=(3, 64, 64))
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    for layer in net.layers():
        position = (0, 0) if corner == "first" else (layer.size[0] - 1, layer.size[1] - 1)
        check(net, x, layer.name, "deconvnet", unpool, position)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data(), st.sampled_from([1, 3]), st.tuples(st.integers(20, 40), st.integers(20, 40)), st.integers(0, 99))
def test_random_networks(data, channels, size, seed):
    torch.manual_seed(seed)
    model = Random(data.draw, channels).eval()
    net = ph.Network(model, input_size=(channels, *size))
    x = torch.randn(2, channels, *size)
    rule = data.draw(st.sampled_from(["deconvnet", "guided", "gradient"]))
    unpool = data.draw(st.sampled_from(["switches", "fill"]))
    check(net, x, data.draw(st.sampled_from([layer.name for layer in net.layers()])), rule, unpool, "peak")


def test_nothing_lies_outside_the_receptive_field(stack):
    net = ph.Network(stack, input_size=(3, 64, 64))
    layer = net.layer("norm")
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    row, column = 6, 7
    signal = ph.project(net, x, "norm:2", position=(row, column)).signal[0, 0]
    rows, columns = signal.abs().sum(0).nonzero().T
    assert rows.max() - rows.min() < layer.receptive_field[0]
    assert columns.max() - columns.min() < layer.receptive_field[1]
    assert rows.min() >= row * layer.stride[0] - layer.receptive_field[0]


@pytest.mark.parametrize("position", ["map", "peak", (1, 2)])
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_the_values_that_are_sent_back_are_those_of_the_map_whatever_lies_on_the_way(position, rule):
    """Rules work in place on what they are given: never on the values that are reported."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU())
    model.append(nn.BatchNorm2d(4))
    for norm in (model[1], model[5]):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.2, 3.0)
    net = ph.Network(model.eval(), input_size=(3, 12, 10))
    x = torch.randn(2, 3, 12, 10)
    found = ph.project(net, x, "5", rule=rule, position=position)
    maps = net.record(x, "5")["5"].movedim(1, 0)
    expected = maps.flatten(2).amax(2) if isinstance(position, str) else maps[..., position[0], position[1]]
    assert torch.equal(found.activation, expected)


class Broadcast(nn.Module):
    """A non-linearity that spreads one number of a channel over a plane."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.floor = nn.Parameter(torch.randn(1, 4, 12, 12))
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x):
        one = self.first(x).mean((2, 3), keepdim=True)
        return self.last(torch.maximum(one, self.floor.detach()))


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_a_non_linearity_that_spreads_one_number(rule):
    torch.manual_seed(0)
    net = ph.Network(Broadcast().eval(), input_size=(3, 16, 16))
    check(net, torch.randn(2, 3, 16, 16), "last", rule, "switches", "peak")
