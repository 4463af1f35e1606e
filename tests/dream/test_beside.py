"""What a picture does to its unit, beside what scanned images do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.dream.beside import Beside
from phosphene.errors import UsageError
from tests.dream.nets import textured


@pytest.fixture(scope="module")
def net():
    return textured()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(12):
        cells = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(cells).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def atlas(net, pictures, tmp_path_factory):
    with ph.scan(net, ph.images(pictures), tmp_path_factory.mktemp("atlas") / "a.atlas", ["4"]) as opened:
        yield opened


def test_peaks_stand_beside_those_of_the_scanned_images(net, pictures, atlas):
    """By the network itself on every picture."""
    dream = ph.dream(net, "4:3", steps=8, seeds=2, atlas=atlas)
    peaks = net.record([Image.open(file) for file in sorted(pictures.iterdir())], "4")["4"][:, 3].amax((1, 2))
    assert dream.beside.strongest == pytest.approx(float(peaks.max()), rel=1e-4)
    torch.testing.assert_close(dream.beside.ratio, dream.peak.double() / peaks.max(), rtol=1e-4, atol=0)
    torch.testing.assert_close(dream.beside.quantile, (peaks < dream.peak[..., None]).double().mean(-1))
    assert dream.beside.images == 12
    assert dream.sentences[-1] == dream.beside.sentence
    assert dream.told()["beside"]["strongest"] == dream.beside.strongest


def test_it_is_said_in_words():
    found = Beside(2.0, torch.tensor([[0.6, 1.5]]), torch.tensor([[0.7, 1.0]]), 1200, Path("a.atlas"), "")
    assert (
        found.sentence
        == "Its peak is above 100% of the scanned images, 1.5 times that of the strongest (1,200 images)."
    )
    below = Beside(-2.0, torch.tensor([[float("nan")]]), torch.tensor([[0.5]]), 9, Path("a.atlas"), "")
    assert below.sentence == "Its peak is above 50% of the scanned images (9 images)."


def test_an_atlas_of_another_network_or_of_nothing_that_is_raised(net, atlas):
    other = textured()
    with torch.no_grad():
        other.model[0].weight.mul_(2)
    with pytest.raises(UsageError, match="with other weights"):
        ph.dream(other, "4:3", steps=2, atlas=atlas)
    with pytest.raises(UsageError, match="an atlas tells of single units, not of 4:1 \\+ 4:2; leave it out"):
        ph.dream(net, ["4:1", "4:2"], steps=2, atlas=atlas)
    with pytest.raises(UsageError, match="the atlas has no layer '0'"):
        ph.dream(net, "0:1", steps=2, atlas=atlas)
