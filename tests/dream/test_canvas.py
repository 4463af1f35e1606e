"""What a canvas promises: the magnitudes of photographs exactly, or their contrast at most."""

import pytest
import torch

from phosphene.dream.canvas import Free, Phases
from phosphene.dream.natural import Natural
from tests.dream.nets import cosine, faint

SIZES = [(16, 16), (15, 15), (16, 13), (13, 16), (1, 8)]


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_phases_hold_every_magnitude_exactly(size, channels):
    natural = faint(channels, size)
    canvas = Phases(natural, size, noise(2, channels, *size))
    canvas.free = canvas.free.detach() + 3 * noise(*canvas.free.shape, seed=1)  # wherever a climb may have led
    held = (canvas.picture() - 0.5) / 0.02
    found = torch.fft.rfft2(held.double(), norm="ortho").abs()
    torch.testing.assert_close(found, natural.magnitude.double().expand_as(found), rtol=1e-4, atol=2e-4)


def test_in_colour_the_independent_channels_hold_them():
    natural = Natural.usual(3, (16, 16))
    pale = Natural(natural.mean, natural.colour * 0.05, natural.magnitude)
    canvas = Phases(pale, (16, 16), noise(1, 3, 16, 16))
    off = canvas.picture().double() - pale.mean[:, None, None]
    channels = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(pale.colour.double()), off)
    found = torch.fft.rfft2(channels, norm="ortho").abs()
    torch.testing.assert_close(found, pale.magnitude.double().expand_as(found), rtol=1e-3, atol=2e-3)


def test_what_no_picture_can_hold_is_cut_off():
    pictures = Phases(Natural.usual(3, (32, 32)), (32, 32), noise(4, 3, 32, 32)).picture().detach()
    assert float(pictures.min()) == 0
    assert float(pictures.max()) == 1
    assert 0.01 < float(((pictures == 0) | (pictures == 1)).float().mean()) < 0.15


def test_a_free_spectrum_begins_faint_and_ends_at_the_contrast_of_photographs():
    natural = Natural.usual(3, (32, 32))
    canvas = Free(natural, (32, 32), noise(2, 3, 32, 32))
    assert 0 < float((canvas.picture().detach() - natural.mean[:, None, None]).std()) < 0.05
    canvas.free = canvas.free.detach() * 1e4
    logits = canvas.picture().double().logit() - natural.mean.double()[:, None, None].logit()
    assert logits.square().mean((1, 2, 3)).sqrt().tolist() == pytest.approx([1.25, 1.25], rel=1e-3)
    assert 0.15 < float(canvas.picture().std()) < 0.3


@pytest.mark.parametrize("kind", [Free, Phases])
def test_a_start_is_seen_at_first(kind):
    start = 0.5 + 0.3 * torch.cos(torch.linspace(0, 9, 32))[None, None, :, None].expand(1, 3, 32, 32)
    start = start * torch.linspace(0.5, 1, 32)
    other = kind(Natural.usual(3, (32, 32)), (32, 32), noise(1, 3, 32, 32)).picture()
    begun = kind(Natural.usual(3, (32, 32)), (32, 32), noise(1, 3, 32, 32), start).picture()
    mean = start.mean()
    assert cosine(begun - begun.mean(), start - mean) > 0.6
    assert abs(cosine(other - other.mean(), start - mean)) < 0.4


@pytest.mark.parametrize("kind", [Free, Phases])
def test_pictures_can_be_moved_by_their_numbers(kind):
    canvas = kind(Natural.usual(3, (16, 16)), (16, 16), noise(2, 3, 16, 16))
    (slope,) = torch.autograd.grad(canvas.picture()[:, :, 3, 5].sum(), canvas.free)
    assert bool(slope.isfinite().all())
    assert float((slope != 0).float().mean()) > 0.8
