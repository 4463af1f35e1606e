"""How alike pictures are, by hand, and a batch that is driven apart."""

import pytest
import torch

import phosphene as ph
from phosphene.dream.diversity import grams, likeness
from phosphene.dream.layers import maps_of
from tests.dream.nets import textured


def test_gram_matrices_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]])
    wanted = torch.tensor([[5.0, 6.0, 6.0, 9.0]])
    torch.testing.assert_close(grams(maps), wanted / wanted.norm())


def test_likeness_does_not_ask_where_things_are():
    maps = torch.rand(1, 4, 6, 6)
    assert float(likeness(torch.cat([maps, maps.roll(2, 3) * 5]))) == pytest.approx(1, abs=1e-5)


def test_units_that_never_meet_are_not_alike():
    left, right = torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3)
    left[:, 0], right[:, 1] = 1, 1
    assert float(likeness(torch.cat([left, right]))) == 0
    assert float(likeness(torch.cat([left, left, right]))) == pytest.approx(1 / 3)
    assert float(likeness(left)) == 0
    assert float(likeness(torch.zeros(2, 2, 3, 3))) == 0


def test_a_batch_that_is_driven_apart_is_less_alike():
    net = textured()
    found = {}
    for diversity in (0.0, 3.0):
        dream = ph.dream(net, "4:3", seeds=2, count=3, steps=60, diversity=diversity)
        alike = [likeness(maps_of(net, pictures.clone(), ["4"])["4"]) for pictures in dream.pictures]
        found[diversity] = float(torch.stack(alike).mean())
    assert found[3.0] < found[0.0] - 0.05
