"""How alike pictures are, by hand, and a batch that is driven apart."""

import pytest
import torch

import phosphene as ph
from phosphene.dream.diversity import grams, likeness
from tests.dream.nets import faces


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


@pytest.mark.slow
def test_a_batch_that_is_driven_apart_is_less_alike():
    """The unit has several faces: on its own every picture holds all of them."""
    net, found = faces(), {}
    for diversity in (0.0, 5.0):
        dream = ph.dream(net, "2:4", seeds=2, count=3, steps=60, diversity=diversity)
        found[diversity] = [float(likeness(net.record(pictures, "2")["2"])) for pictures in dream.pictures]
    assert min(found[0.0]) > 0.9
    assert max(found[5.0]) < 0.6
