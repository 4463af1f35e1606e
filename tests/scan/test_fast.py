"""The fast copy of a network: what is rearranged, what is left alone, and that the maps are the network's own."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.scan.fast import fast_copy
from phosphene.scan.fused import Averaged, Bent, Rectified


class Net(nn.Module):
    """Convolutions before all kinds of things."""

    def __init__(self, bend: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1, self.norm1, self.bend1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), bend or nn.SiLU(True)
        self.conv2, self.relu2 = nn.Conv2d(8, 8, 3, groups=8), nn.ReLU()
        self.conv3, self.norm3 = nn.Conv2d(8, 6, 1, bias=False), nn.BatchNorm2d(6)
        self.pool, self.gate, self.bend4 = nn.AdaptiveAvgPool2d(1), nn.Conv2d(6, 6, 1), nn.Sigmoid()
        for norm in (self.norm1, self.norm3):
            norm.running_mean.uniform_(-0.5, 0.5)
            norm.running_var.uniform_(0.5, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, 6, H - 2, W - 2)."""
        x = self.relu2(self.conv2(self.bend1(self.norm1(self.conv1(x)))))
        x = self.norm3(self.conv3(x))
        return x * self.bend4(self.gate(self.pool(x)))


SIZE = (3, 12, 10)
LAYERS = ["bend1", "relu2", "norm3", "bend4", "mul"]


def network(model: nn.Module) -> ph.Network:
    return ph.Network(model.eval(), input_size=SIZE)


def maps(model: nn.Module, x: Tensor, layers: list[str]) -> dict[str, Tensor]:
    return {name: each.float() for name, each in network(model).record(x, layers).items()}


@pytest.fixture
def x() -> Tensor:
    return torch.rand(4, *SIZE, generator=torch.Generator().manual_seed(1))


def kinds(model: nn.Module) -> dict[str, type]:
    return {name: type(module) for name, module in model.named_modules()}


@pytest.mark.parametrize("bend", [nn.SiLU(True), nn.GELU(), nn.GELU("tanh"), nn.Hardswish(), nn.Tanh(), nn.Sigmoid()])
def test_two_operations_become_one_with_the_same_maps(bend: nn.Module, x: Tensor) -> None:
    model = Net(bend).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    copy = fast_copy(network(model), LAYERS)
    found = kinds(copy)
    assert found["conv1"] is found["norm1"] is found["conv3"] is found["gate"] is nn.Identity
    assert found["bend1"] is found["bend4"] is Bent
    assert found["norm3"] is nn.Conv2d
    assert found["relu2"] is Rectified
    assert found["pool"] is Averaged
    wanted = maps(model, x, LAYERS)
    for name, each in maps(copy, x, LAYERS).items():
        torch.testing.assert_close(each, wanted[name], rtol=1e-5, atol=1e-6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_bfloat16_is_as_near_as_its_rounding(x: Tensor) -> None:
    model = Net().eval()
    found = maps(fast_copy(network(model), LAYERS, torch.bfloat16), x.bfloat16(), LAYERS)
    for name, each in maps(model, x, LAYERS).items():
        assert (found[name] - each).abs().max() <= 2e-2 * each.abs().max(), name


def test_processors_without_bfloat16_get_no_operation_that_needs_it(monkeypatch: pytest.MonkeyPatch, x: Tensor) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    assert Bent not in kinds(fast_copy(network(Net()), LAYERS, torch.bfloat16)).values()
    assert Bent in kinds(fast_copy(network(Net()), LAYERS)).values()


def test_layers_looked_at_stay() -> None:
    found = kinds(fast_copy(network(Net()), ["conv1", "gate", "conv3", "conv2", "relu2"]))
    assert found["conv1"] is found["gate"] is found["conv3"] is found["conv2"] is nn.Conv2d


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_nan_comes_through(precision: torch.dtype, x: Tensor) -> None:
    copy = fast_copy(network(Net()), LAYERS, precision)
    x[1, :, 5, 5] = np.nan
    found = maps(copy, x.to(precision), LAYERS)
    assert all(found[name][1].isnan().any() for name in LAYERS)
    assert not any(found[name][0].isnan().any() for name in LAYERS)


def test_relu_on_bits_is_relu_for_every_number() -> None:
    every = torch.arange(-(2**15), 2**15).to(torch.int16).view(torch.bfloat16)
    wanted = torch.relu(every)
    found = Rectified()(every)
    assert found is every
    assert torch.equal(found.isnan(), wanted.isnan())
    assert torch.equal(found[~found.isnan()], wanted[~wanted.isnan()])


class Twice(Net):
    """One non-linearity for two convolutions, one output that two take, and one whose shape is asked for."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, 8, H - 2, W - 2)."""
        x = self.norm1(self.conv1(x))
        high = self.conv1(x[:, :3]).shape[1]
        y = self.bend1(x) * x
        y = self.bend1(self.conv2(y))
        return y[:, :high]


def test_what_is_used_twice_is_left_alone(x: Tensor) -> None:
    model = Twice(nn.SiLU()).eval()
    layers = ["bend1", "bend1_1"]
    copy = fast_copy(network(model), layers)
    assert Bent not in kinds(copy).values()
    wanted = maps(model, x, layers)
    for name, each in maps(copy, x, layers).items():
        torch.testing.assert_close(each, wanted[name])


class Asked(Net):
    """The shape of a convolution's output says what comes after."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, 1, H, W)."""
        x = self.conv1(x)
        wide = x.shape[1]
        return self.bend1(x).sum(1, keepdim=True) * wide


def test_a_copy_that_would_differ_is_not_taken(x: Tensor) -> None:
    model = Asked().eval()
    copy = fast_copy(network(model), ["bend1", "mul"])
    torch.testing.assert_close(maps(copy, x, ["mul"])["mul"], maps(model, x, ["mul"])["mul"])
