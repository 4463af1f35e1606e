"""The model comes back exactly as it was lent, also when a projection raises."""

import copy

import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError


class Net(nn.Module):
    def __init__(self, broken=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.broken = broken

    def forward(self, x):
        torch.rand(3)  # a model may draw numbers
        x -= 0.5  # or work on its input in place
        x = torch.relu(self.norm(self.conv(x)))
        if self.broken and x.requires_grad:
            raise RuntimeError("broken on purpose")
        return self.drop(x)


def state(model):
    from torch.nn.modules import module as hooks

    return {
        "training": [m.training for m in model.modules()],
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "grads": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "hooks": [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()],
        "global hooks": (len(hooks._global_forward_hooks), len(hooks._global_forward_pre_hooks)),
        "values": {k: v.clone() for k, v in model.state_dict().items()},
        "dtype": [(p.dtype, p.device) for p in model.parameters()],
        "random": torch.get_rng_state(),
        "grad mode": torch.is_grad_enabled(),
    }


def same(a, b):
    for key in a:
        if key == "values":
            assert all(torch.equal(a[key][k], b[key][k]) for k in a[key])
        elif key == "grads":
            assert all(
                (x is None) == (y is None) and (x is None or torch.equal(x, y))
                for x, y in zip(a[key], b[key], strict=True)
            )
        elif key == "random":
            assert torch.equal(a[key], b[key])
        else:
            assert a[key] == b[key], key


@pytest.fixture(params=["training", "mixed", "frozen"])
def model(request):
    net = Net()
    net.train()
    if request.param == "mixed":
        net.norm.eval()
    if request.param == "frozen":
        net.conv.weight.requires_grad_(False)
    net.norm.weight.grad = torch.ones(4)
    return net


def test_projecting_recording_and_listing_leave_no_trace(model):
    before = copy.deepcopy(state(model))
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    kept = x.clone()
    net = ph.Network(model, input_size=(3, 8, 8))
    net.layers()
    net.record(x, ["relu"])
    net.scores(x)
    with torch.no_grad():
        result = ph.project(net, x, "relu")
    assert result.signal.any()
    assert not result.signal.requires_grad
    same(before, state(model))
    assert torch.equal(x, kept), "the caller's images were changed"


def test_also_when_it_raises():
    model = Net()
    net = ph.Network(model, input_size=(3, 8, 8))
    x = torch.randn(1, 3, 8, 8)
    before = state(model)
    model.broken = True
    with pytest.raises(UsageError, match=r"cannot take an input of 3x8x8 \(broken on purpose\); give its input_size"):
        net.layers()
    model.broken = False
    with pytest.raises(UsageError):
        ph.project(net, x, "relu:99")
    same(before, state(model))


def test_random_state_is_given_back():
    model = Net()
    net = ph.Network(model, input_size=(3, 8, 8))
    torch.manual_seed(7)
    expected = torch.rand(4)
    torch.manual_seed(7)
    ph.project(net, torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)), "relu")
    assert torch.equal(torch.rand(4), expected)


def test_half_and_double_precision_stay():
    for dtype in (torch.bfloat16, torch.float64):
        model = Net().to(dtype)
        got = ph.project(ph.Network(model, input_size=(3, 8, 8)), torch.randn(1, 3, 8, 8), "relu")
        assert got.signal.dtype == dtype
        assert next(model.parameters()).dtype == dtype
