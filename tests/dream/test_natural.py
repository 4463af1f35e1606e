"""The statistics of photographs, measured anew."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.dream.natural import AXES, DEVIATION, FALL, MEAN, Natural, frequencies
from phosphene.errors import UsageError

CIFAR = Path(__file__).parents[3] / "shared" / "data" / "cifar10.zip"


def test_axes_are_a_turn_of_colour_space():
    axes = torch.tensor(AXES)
    torch.testing.assert_close(axes @ axes.T, torch.eye(3), rtol=0, atol=1e-3)


@pytest.mark.slow
def test_colours_are_those_of_other_photographs_too():
    """scikit-image's fifteen photographs, of which no colour was measured: the same axes, light before colour."""
    found = Natural.of([image for _, image in ph.images("samples:32").take(400, 0).readable()], 3, (32, 32))
    axes = found.colour / found.colour.norm(dim=0)
    alike = (torch.tensor(AXES) @ axes).abs()
    assert bool((alike.amax(1) > 0.9).all())
    lengths = found.colour.norm(dim=0)[alike.argmax(1)]
    assert list(lengths.sort(descending=True).values) == list(lengths)


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.exists(), reason="needs the shared data")
def test_colours_are_those_of_cifar():
    """By numpy on 3,000 of the pictures."""
    pictures = [np.asarray(image) for _, image in ph.images(str(CIFAR)).take(3000, 1).readable()]
    pixels = np.stack(pictures).reshape(-1, 3) / 255
    variance, axes = np.linalg.eigh(np.cov(pixels.T))
    np.testing.assert_allclose(pixels.mean(0), MEAN, atol=0.01)
    np.testing.assert_allclose(variance[::-1] ** 0.5, DEVIATION, rtol=0.03)
    np.testing.assert_allclose(np.abs((np.array(AXES) * axes.T[::-1]).sum(1)), 1, atol=0.005)


@pytest.mark.slow
def test_the_law_is_that_of_the_photographs():
    """By numpy on half of the windows: spectra of independent colours, a line through the logarithms of octaves."""
    windows = np.stack([np.asarray(image) / 255 for _, image in ph.images("samples:128").take(350, 0).readable()])
    off = windows - windows.mean((0, 1, 2))
    _, axes = np.linalg.eigh(np.cov(off.reshape(-1, 3).T))
    cycles = np.hypot(*np.meshgrid(np.fft.fftfreq(128) * 128, np.fft.fftfreq(128) * 128))
    octaves = [(cycles >= low) & (cycles < 2 * low) for low in (1, 2, 4, 8, 16)]
    for axis, fall in zip(axes.T[::-1], FALL, strict=True):
        magnitude = np.abs(np.fft.fft2(off @ axis)).mean(0)
        points = [(np.log(cycles[ring]).mean(), np.log(magnitude[ring]).mean()) for ring in octaves]
        assert -np.polyfit(*np.transpose(points), 1)[0] == pytest.approx(fall, abs=0.01)


def test_usual_pictures_deviate_as_photographs_do():
    """Magnitudes as they are, phases at random: independent channels of deviation 1, colours of a quarter."""
    for size in ((32, 32), (31, 40)):
        natural = Natural.usual(3, size)
        noise = torch.randn(3, *size, generator=torch.Generator().manual_seed(0))
        spectrum = torch.fft.rfft2(noise, norm="ortho")
        held = torch.fft.irfft2(natural.magnitude * spectrum / spectrum.abs(), s=size, norm="ortho")
        torch.testing.assert_close(held.std((1, 2)), torch.ones(3), rtol=0.01, atol=0)
        assert float(natural.colour.square().sum(1).mean().sqrt()) == pytest.approx(0.25, abs=0.02)


def test_measuring_finds_what_was_put_in():
    generator = torch.Generator().manual_seed(0)
    light = 0.5 + 0.1 * torch.randn((60, 16, 16, 1), generator=generator)
    red = 0.03 * torch.randn((60, 16, 16, 1), generator=generator)
    cells = torch.cat([light + red, light - red, light], -1).clamp(0, 1)
    pictures = [Image.fromarray((each * 255).round().byte().numpy()) for each in cells]
    found = Natural.of(pictures, 3, (16, 16))
    covariance = found.colour @ found.colour.T
    wanted = torch.tensor([[0.0109, 0.0091, 0.01], [0.0091, 0.0109, 0.01], [0.01, 0.01, 0.01]])
    torch.testing.assert_close(covariance, wanted, rtol=0.05, atol=2e-4)
    torch.testing.assert_close(found.mean, torch.full((3,), 0.5), rtol=0, atol=0.01)
    inner = found.magnitude[-1][frequencies((16, 16)) > 0]
    torch.testing.assert_close(inner, torch.ones_like(inner), rtol=0.35, atol=0)  # white noise has all alike
    assert float(found.magnitude[:, 0, 0].max()) < 1e-3


def test_mistakes():
    grey = Image.new("L", (8, 8), 100)
    with pytest.raises(UsageError, match="cannot be told from 1; give a whole image set"):
        Natural.of([grey], 1, (8, 8))
    with pytest.raises(UsageError, match="a picture cannot become 4 channels"):
        Natural.of([grey, grey], 4, (8, 8))
