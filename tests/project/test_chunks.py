"""How many units go back at once, and the size that is reckoned beforehand against the sizes that really come by."""

import math

import pytest
import torch

import phosphene as ph
from phosphene.project import chunks, walk
from tests.project.test_windows import Stack


@pytest.fixture
def watched(monkeypatch):
    """What came by on the way back, values for one unit, and what was reckoned."""
    came, reckoned = [], []
    fitted, largest = walk._fitted, chunks.largest

    def watch(sent, edge):
        sent = fitted(sent, edge)
        came.append(sent.values[0].numel() * (edge.shape[1] if sent.channel is not None else 1))
        return sent

    def reckon(route, window):
        reckoned.append(largest(route, window))
        return reckoned[-1]

    monkeypatch.setattr(walk, "_fitted", watch)
    monkeypatch.setattr(chunks, "largest", reckon)
    return came, reckoned


@pytest.mark.parametrize("layer", ["conv1", "max_pool2d", "norm", "add", "silu", "left", "cat", "last"])
@pytest.mark.parametrize("size", [(64, 64), (95, 61)])
def test_the_largest_signal_is_known_beforehand(layer, size, watched):
    came, reckoned = watched
    torch.manual_seed(0)
    net = ph.Network(Stack().eval(), input_size=(3, *size))
    whole = 2 * 8 * math.prod(size)
    ph.project(net, torch.randn(2, 3, *size), layer, position="peak", memory=whole * 4)
    assert reckoned == [max(came)]


def test_windows_let_more_units_go_at_once(monkeypatch):
    torch.manual_seed(0)
    net = ph.Network(Stack().eval(), input_size=(3, 96, 96))
    asked = []
    back = walk.Route.back
    monkeypatch.setattr(walk.Route, "back", lambda self, signal, *rest: asked.append(1) or back(self, signal, *rest))
    x = torch.randn(1, 3, 96, 96)
    planes = ph.project(net, x, "norm", memory=2_000_000)
    counts = [len(asked)]
    asked.clear()
    ph.project(net, x, "norm", position="peak", memory=2_000_000)
    assert (counts[0], len(asked)) == (4, 1)
    assert planes.signal.shape == (8, 1, 3, 96, 96)
