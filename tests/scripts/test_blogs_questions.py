"""The figures of docs/the-blogs-questions.md: the rules that they follow, against plain loops and known truths."""

import numpy as np
import pytest
import torch
from torch import nn

from phosphene.evidence.box import VERDICTS
from phosphene.network import Network, Unit
from scripts.blogs_questions.alike import _correlation, mean_size
from scripts.blogs_questions.bands import STEPS, Everywhere
from scripts.blogs_questions.copies import copies, flat, grey, turned
from scripts.blogs_questions.frogs import MASK_VERDICTS, box_of, nearly_black, rim
from scripts.blogs_questions.resolution import SMALL, _coarse


@pytest.fixture
def seed():
    drawn = int(np.random.default_rng().integers(2**31))
    print(f"seed {drawn}")  # noqa: T201
    return drawn


@pytest.fixture
def pictures(seed):
    return torch.rand((40, 3, 8, 8), generator=torch.Generator().manual_seed(seed))


def planted(weight):
    """One unit of a 3 x 3 filter (3, 3, 3)."""
    convolution = nn.Conv2d(3, 1, 3, padding=1)
    with torch.no_grad():
        convolution.weight.copy_(weight[None])
        convolution.bias.fill_(0.1)
    return Network(nn.Sequential(convolution, nn.ReLU()), input_size=(3, 8, 8))


UNIT = Unit("1", 0)


def test_a_unit_of_mean_colour_alone_is_told_by_the_flat_copy(pictures):
    net = planted(torch.tensor([0.1, 0.3, -0.2])[:, None, None].expand(3, 3, 3))
    inside = torch.full((len(pictures), 2), 4)
    r, interval = (found := copies(net, UNIT, pictures, inside)).told(found.flat)
    assert r == pytest.approx(1, abs=1e-6)
    assert interval.low == pytest.approx(1, abs=1e-6)
    assert found.told(found.grey)[0] < 0.9


def test_a_unit_without_colour_is_told_by_the_grey_copy(pictures):
    """A filter that takes each pixel's luma, and nothing of it where the picture is flat."""
    pattern = torch.tensor([[1.0, -2, 1], [0, 0, 0], [-1, 2, -1]])
    net = planted(torch.tensor([0.299, 0.587, 0.114])[:, None, None] * pattern)
    found = copies(net, UNIT, pictures, torch.full((len(pictures), 2), 4))
    assert found.told(found.grey)[0] == pytest.approx(1, abs=1e-5)
    assert np.ptp(found.flat) < 1e-5


def test_an_edge_upside_down_is_the_opposite_edge(pictures):
    weight = torch.tensor([1.0, 0, -1])[None, :, None].expand(3, 3, 3)
    inside = torch.full((len(pictures), 2), 3)
    up, down = (copies(planted(sign * weight), UNIT, pictures, inside) for sign in (1, -1))
    assert up.turned == pytest.approx(down.own, abs=1e-5)


def test_copies_change_what_is_seen_and_nothing_else(pictures):
    net, place = planted(torch.ones(3, 3, 3)), torch.tensor([[0, 5]]).expand(len(pictures), 2)
    plain = flat(net, UNIT, pictures, place)
    assert torch.allclose(plain[:, :, 7, 0], pictures[:, :, :2, 4:7].mean((2, 3)))
    upside = turned(net, UNIT, pictures, place)
    assert torch.equal(upside[:, :, 0, 4:7], pictures[:, :, 1, 4:7])
    assert torch.equal(upside[:, :, 2:], pictures[:, :, 2:])
    without = grey(net, pictures)
    assert torch.allclose(without[:, 0], without[:, 2])


def test_bands_hold_equally_many_positions_in_order(pictures):
    seen = Everywhere.of(planted(torch.ones(3, 3, 3)), UNIT, pictures)
    assert seen.values.shape == (40, 8, 8)
    (line,) = seen.along("lightness", "", "").series
    assert len(line.values) == STEPS
    assert np.mean(line.values) == pytest.approx(seen.values.mean(), rel=0.05)
    assert line.values[0] < line.values[STEPS // 2] < line.values[-1]  # a unit of brightness


def test_the_frogs_box_and_its_black():
    picture = torch.zeros(1, 3, 32, 32)
    picture[:, 1, 10:20, 5:25] = 0.9
    black = nearly_black(picture)
    assert black.sum() == 32 * 32 - 200
    assert rim(black).shape == (32 * 32 - 26 * 26,)
    assert rim(black).all()
    assert box_of(black) == (6, 10, 24, 20)


def test_both_ways_of_deciding_speak_of_the_same_four_cases():
    assert MASK_VERDICTS.keys() == VERDICTS.keys()


def test_correlations_from_sums_are_those_of_numpy(seed):
    values = np.random.default_rng(seed).normal(size=(50, 4)) @ np.random.default_rng(seed + 1).normal(size=(4, 4))
    found = _correlation(values.T @ values, values.sum(0), len(values))
    expected = np.corrcoef(values.T)
    assert found == pytest.approx(expected)
    pairs = [abs(expected[i, j]) for i in range(4) for j in range(i)]
    assert mean_size(found) == pytest.approx(np.mean(pairs))


def test_coarse_pictures_keep_their_size_and_their_mean_but_no_detail(seed):
    picture = torch.rand((2, 1, 3, 64, 64), generator=torch.Generator().manual_seed(seed))
    coarse = _coarse(picture)
    assert coarse.shape == picture.shape
    assert coarse.mean() == pytest.approx(float(picture.mean()), abs=0.01)
    cells = picture.reshape(2, 1, 3, SMALL, 2, SMALL, 2).mean((4, 6))
    assert float(coarse.var()) < float(cells.var())
