"""What users type wrong is answered by one sentence with the right thing to type."""

import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.project import HeldFixedWarning


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.gate = nn.Conv2d(4, 4, 1)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.last(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))))


@pytest.fixture
def net():
    return ph.Network(Gated(), input_size=(3, 8, 8))


@pytest.fixture
def x():
    return torch.randn(1, 3, 8, 8)


@pytest.mark.parametrize(
    ("units", "options", "said"),
    [
        ("gaet:1", {}, "network has no layer 'gaet'; did you mean 'gate'?"),
        ("last:2", {}, "last has units 0 to 1, so there is no unit 2"),
        ("last:x", {}, "'last:x' is no unit's address"),
        (["last:0", "gate:0"], {}, "lie in one layer"),
        ([], {}, "no unit was named"),
        ("last:0", {"rule": "deconv"}, "there is no rule 'deconv'; did you mean 'deconvnet'?"),
        ("last:0", {"unpool": "zzz"}, "choose one of switches, fill"),
        ("last:0", {"position": (6, 0)}, "outside the map of 6 rows and 6 columns"),
        ("last:0", {"position": "top"}, "'map', 'peak' or (row, column)"),
        ("last", {"signal": torch.zeros(1, 2, 3, 3)}, "a signal has the layer's shape (1, 2, 6, 6)"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_one_sentence(net, x, units, options, said):
    with pytest.raises(UsageError) as error:
        ph.project(net, x, units, **options)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (torch.zeros(1, 4, 8, 8), "takes 3 channels, but the images have 4"),
        (torch.zeros(3, 8, 8), "float, (N, C, H, W)"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "float, (N, C, H, W)"),
        ([], "there are no images"),
        ([3], "not int"),
    ],
)
def test_wrong_images(net, images, said):
    with pytest.raises(UsageError) as error:
        net.prepare(images)
    assert said in str(error.value)


def test_what_has_no_rule_is_said_and_can_be_refused(net, x):
    with pytest.warns(HeldFixedWarning, match="deconvnet has no rule for mul: sent back by the gradient"):
        result = ph.project(net, x, "last:0")
    gate = [used for used in result.rules_used if used.layer == "mul"]
    assert [used.treatment for used in gate] == ["held fixed"]
    with pytest.raises(UsageError, match="leave out strict=True"):
        ph.project(net, x, "last:0", strict=True)


@pytest.mark.filterwarnings("error")
def test_nothing_is_held_under_the_gradient_rule_or_where_all_is_known(net, x):
    ph.project(net, x, "last:0", rule="gradient")
    ph.project(net, x, "relu:0", strict=True)


def test_rules_used_names_every_operation_in_order(net, x):
    used = ph.project(net, x, "relu:0").rules_used
    assert [(u.layer, u.operation, u.treatment) for u in used] == [
        ("relu", "Relu", "non-linearity"),
        ("conv", "Convolution", "linear"),
    ]
    assert str(used[0]) == "relu (Relu): max(R, 0)"
