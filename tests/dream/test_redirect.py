"""A way back through rectifiers that block it, on autograd's record alone."""

import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.dream import ascent
from phosphene.dream.redirect import graph_between, redirect
from tests.dream.nets import gabor, linear

WAYS = {
    "module": nn.ReLU(),
    "in place": nn.ReLU(inplace=True),
    "relu6": nn.ReLU6(),
    "clamp": lambda x: x.clamp(min=0),
    "maximum": lambda x: torch.maximum(x, torch.zeros(1)),
}


def slope(rectify, x, woken):
    start = x.clone().requires_grad_() * 1.0
    output = rectify(start * 2)
    goal = (output * torch.tensor([[3.0, -5.0]])).sum()
    if woken:
        redirect(graph_between(goal, start))
    return torch.autograd.grad(goal, start)[0]


@pytest.mark.parametrize("rectify", WAYS.values(), ids=WAYS)
def test_only_what_is_blocked_for_a_whole_picture_is_let_through(rectify):
    """Of a silent picture what is to be raised comes back, what is to be lowered does not; others stay as they are."""
    x = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    torch.testing.assert_close(slope(rectify, x, woken=False), torch.tensor([[0.0, 0.0], [0.0, -10.0], [6.0, -10.0]]))
    torch.testing.assert_close(slope(rectify, x, woken=True), torch.tensor([[6.0, 0.0], [0.0, -10.0], [6.0, -10.0]]))


@pytest.mark.slow
def test_without_it_a_silent_unit_stays_silent(monkeypatch):
    filters = gabor(16, 1, 0.6, 3)
    net = linear(filters, -0.08 * float(filters.abs().sum()) - float(filters.sum()) / 2, rectified=True)
    assert float(ph.dream(net, "1:0", seeds=1, steps=100).activation) > 0
    monkeypatch.setattr(ascent, "WAKING", 0)
    dream = ph.dream(net, "1:0", seeds=1, steps=100)
    assert float(dream.activation) == 0
    assert dream.silent
