"""Which layers are looked at when nothing is said, on networks whose structure is known."""

import pytest
import torch
import torchvision
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.scan.choice import chosen_layers


def names(model: nn.Module, wanted: list[str] | None = None, size: int = 64) -> list[str]:
    return [layer.name for layer in chosen_layers(ph.Network(model.eval(), input_size=(3, size, size)), wanted)]


def test_the_blogs_network_is_looked_at_after_each_relu() -> None:
    assert [layer.name for layer in chosen_layers(ph.load("cifar"))] == ["relu1", "relu2"]


def test_a_pool_between_a_convolution_and_its_relu_is_passed() -> None:
    found = [layer.name for layer in chosen_layers(ph.load("cifar-deep"))]
    assert found == ["relu1", "relu2", "relu3", "add", "relu5", "relu6", "add_1", "relu8", "relu9"]


def test_a_pool_before_the_next_convolution_is_not() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.ReLU()
    )
    assert names(model) == ["0", "3"]


@pytest.mark.slow
def test_residual_blocks_are_looked_at_after_their_sum() -> None:
    found = names(torchvision.models.resnet18(weights=None))
    assert found[:3] == ["relu", "layer1.0.relu", "layer1.0.relu_1"]
    assert len(found) == 17
    assert not any("bn" in name or "conv" in name or "downsample" in name for name in found)


@pytest.mark.slow
def test_linear_bottlenecks_are_looked_at_though_no_relu_follows() -> None:
    found = names(torchvision.models.mobilenet_v2(weights=None))
    assert found[:3] == ["features.0.2", "features.1.conv.0.2", "features.1.conv.2"]
    assert "features.3.add" in found
    assert "features.3.conv.3" not in found  # its numbers are in the sum


def test_gates_and_concatenations_are_left_out() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
            self.narrow, self.wide = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
            self.last = nn.Conv2d(8, 5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            both = torch.cat([torch.relu(self.a(x)), nn.functional.silu(self.b(x))], 1)
            gate = torch.sigmoid(self.wide(torch.relu(self.narrow(both.mean((2, 3), keepdim=True)))))
            return self.last(both * gate)

    assert names(Gated()) == ["relu", "silu", "last"]


@pytest.mark.slow
def test_layers_are_named_by_pattern_and_by_kind() -> None:
    model = torchvision.models.resnet18(weights=None)
    assert names(model, ["layer1*relu*"]) == [f"layer1.{b}.relu{s}" for b in (0, 1) for s in ("", "_1")]
    assert len(names(model, ["kind:conv2d"])) == 20
    assert names(model, ["layer4.1.relu", "relu"]) == ["relu", "layer4.1.relu"]
    with pytest.raises(UsageError, match="did you mean"):
        names(model, ["layer1.0.rleu"])
