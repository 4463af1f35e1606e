"""Units whose best picture is known in closed form."""

import pytest
import torch

import phosphene as ph
from phosphene.dream.ascent import Climb, Plan
from phosphene.dream.canvas import Phases
from phosphene.dream.natural import MEAN
from phosphene.dream.objective import objective_of
from phosphene.dream.transforms import STILL
from tests.dream.nets import cosine, faint, gabor, linear

SIZE = 24


def turned_into_phases(filters, natural):
    """The picture with these magnitudes and the filter's phases: no other has a larger product with the filter."""
    spectrum = torch.fft.rfft2(torch.einsum("dc,ndhw->nchw", natural.colour, filters))
    return torch.fft.irfft2(natural.magnitude * spectrum / spectrum.abs().clamp(min=1e-12), s=filters.shape[2:])


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_phases_become_those_of_the_filter(channels):
    filters = gabor(SIZE, channels, 0.6, 3) + 0.05 * torch.randn(1, channels, SIZE, SIZE, generator=seeded(5))
    net, natural = linear(filters), faint(channels, (SIZE, SIZE))
    canvas = Phases(natural, (SIZE, SIZE), torch.randn(1, channels, SIZE, SIZE, generator=seeded(1)))
    before = canvas.picture().detach() - 0.5
    Climb(net, objective_of(net, "0:0"), canvas, [seeded(0)], Plan(200, 0.1, STILL)).run(lambda step, value: None)
    found = canvas.picture().detach() - 0.5
    best = torch.einsum("dc,nchw->ndhw", natural.colour, turned_into_phases(filters, natural))
    assert cosine(before, best) < 0.5
    assert cosine(found, best) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_a_free_spectrum_becomes_the_filter_as_far_as_contrast_allows(channels):
    """At the largest sum of w·sigmoid(y) with the length of y given, w·sigmoid'(y) points along y (Lagrange)."""
    filters = gabor(SIZE, channels, 0.6, 3)
    dream = ph.dream(linear(filters), "0:0", seeds=2, steps=300, movement=STILL)
    mean = torch.tensor(MEAN if channels == 3 else [sum(MEAN) / 3])[:, None, None]
    for picture in dream.pictures[:, 0]:
        upon = picture.logit() - mean.logit()
        assert cosine(filters[0] * picture * (1 - picture), upon) > 0.98
        assert float(upon.square().mean().sqrt()) == pytest.approx(1.25, rel=1e-3)
    assert dream.agreement.pixels > 0.98  # there is but one best picture
    assert float(dream.activation.min()) == pytest.approx(float((filters * dream.pictures[0]).sum()), rel=0.02)


@pytest.mark.slow
def test_a_direction_is_the_weighted_sum_of_its_units():
    filters = torch.cat([gabor(SIZE, 1, angle, 3) for angle in (0.0, 1.0, 2.0)])
    weights = torch.tensor([2.0, 0.0, -1.0])
    dream = ph.dream(linear(filters), "0", direction=weights, seeds=1, steps=300, movement=STILL)
    picture = dream.pictures[0, 0]
    wanted = (weights[:, None, None, None] * filters).sum(0)
    assert cosine(wanted * picture * (1 - picture), picture.logit() - torch.tensor(sum(MEAN) / 3).logit()) > 0.98
    assert float(dream.activation) == pytest.approx(float((wanted * picture).sum()) / 5**0.5, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("mix", "shares"), [(None, (1, 1)), (0.25, (0.75, 0.25))])
def test_a_pair_is_a_sum_or_a_mixture(mix, shares):
    filters = torch.cat([gabor(SIZE, 1, 0.3, 2), gabor(SIZE, 1, 1.7, 4)])
    dream = ph.dream(linear(filters), ["0:0", "0:1"], mix=mix, seeds=1, steps=300, movement=STILL)
    picture = dream.pictures[0, 0]
    wanted = shares[0] * filters[0] + shares[1] * filters[1]
    assert cosine(wanted * picture * (1 - picture), picture.logit() - torch.tensor(sum(MEAN) / 3).logit()) > 0.97


@pytest.mark.slow
def test_a_unit_that_is_silent_at_first_is_woken():
    """Its ReLU gives nothing, and no gradient, until the picture is far along."""
    filters = gabor(SIZE, 1, 0.6, 3)
    bias = -0.3 * float(filters.abs().sum()) * 0.25 - float(filters.sum()) / 2
    net = linear(filters, bias, rectified=True)
    assert float(ph.dream(net, "1:0", seeds=1, steps=1).activation) == 0
    dream = ph.dream(net, "1:0", seeds=1, steps=200, movement=STILL)
    assert float(dream.activation) > 0
    assert cosine(dream.pictures[0, 0] - 0.47, filters) > 0.8


def test_a_unit_that_nothing_can_wake_is_said_to_be_silent():
    dream = ph.dream(linear(torch.zeros(1, 1, 8, 8), -1.0, rectified=True), "1:0", seeds=1, steps=3)
    assert dream.silent
    assert dream.sentences == ("Nothing that was tried moves 1:0: it may be dead.",)
    assert dream.sheet().width > 100


def seeded(seed):
    return torch.Generator().manual_seed(seed)
