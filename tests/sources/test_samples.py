"""The photographs that come with scikit-image, and the windows cut from them."""

import hashlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources import samples as module
from phosphene.sources.images import images
from phosphene.sources.memory import as_uint8

FOLDER = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="module")
def windows():
    return images("samples:32")


def test_whole_photographs():
    found = images("samples")
    sizes = {picture.id: image.size for picture, image in found.readable()}
    assert len(sizes) == len(found) == 17
    assert sizes["astronaut"] == (512, 512)
    assert sizes["coffee"] == (600, 400)
    assert not found.failures
    expected = np.asarray(Image.open(FOLDER / "chelsea.png"))
    chelsea = next(picture for picture in found if picture.id == "chelsea")
    assert (np.asarray(chelsea.open()) == expected).all()


def test_two_thousand_different_windows(windows):
    assert len(windows) == 2000
    assert len({picture.id for picture in windows}) == 2000
    held = as_uint8(windows, (32, 32))
    assert held.pixels.shape == (2000, 3, 32, 32)
    assert len({picture.numpy().tobytes() for picture in held.pixels}) == 2000


@pytest.mark.slow
def test_windows_are_the_same_each_time(windows):
    again = images("samples:32")
    assert [p.id for p in again] == [p.id for p in windows]
    digest = hashlib.sha256("\n".join(p.id for p in windows).encode()).hexdigest()
    assert digest[:16] == "cc20805f5e2f73aa"


@pytest.mark.slow
def test_windows_are_areas_of_their_photograph_averaged(windows):
    for window in windows.take(60):
        name, scale, x, y = re.fullmatch(r"(\w+)@(\d+)x/x(\d+)-y(\d+)", window.id).groups()
        scale, x, y = int(scale), int(x), int(y)
        photograph = np.asarray(Image.open(FOLDER / module._FILES[name]).convert("RGB")).astype(float)
        area = photograph[y : y + 32 * scale, x : x + 32 * scale]
        assert area.shape == (32 * scale, 32 * scale, 3)
        means = area.reshape(32, scale, 32, scale, 3).mean((1, 3))
        assert np.abs(np.asarray(window.open()) - means).max() < 0.56  # Pillow rounds in whole numbers


def test_windows_are_spread_over_photographs_and_scales(windows):
    photographs = Counter(picture.id.partition("@")[0] for picture in windows)
    scales = Counter(picture.id.partition("@")[2].partition("/")[0] for picture in windows)
    assert len(photographs) == 15
    assert max(photographs.values()) <= 400
    assert not {"page", "text"} & set(photographs)
    assert len(scales) >= 8
    assert max(scales.values()) < 700


def test_most_windows_are_in_colour_and_few_are_flat(windows):
    held = as_uint8(windows, (32, 32)).pixels.float()
    in_colour = (held.amax(1) - held.amin(1)).mean((1, 2)) > 8
    flat = held.mean(1).flatten(1).std(1) < 12
    assert in_colour.float().mean() > 0.65
    assert 0 < flat.float().mean() < 0.08


@pytest.mark.slow
def test_other_sizes():
    found = images("samples:64")
    assert found[0].open().size == (64, 64)
    assert len(found) > 1000


def test_samples_have_no_split():
    for spec in ("samples", "samples:32"):
        with pytest.raises(PhospheneError, match=f"{spec} has no split 'train'; leave the split out"):
            images(spec, split="train")


def test_missing_pictures_are_left_out_and_none_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_data_folder", lambda: tmp_path)
    with pytest.raises(PhospheneError, match="scikit-image has come without its pictures"):
        images("samples")
    (tmp_path / "coffee.png").write_bytes((FOLDER / "coffee.png").read_bytes())
    assert [picture.id for picture in images("samples")] == ["coffee"]
    assert {picture.id.partition("@")[0] for picture in images("samples:32")} == {"coffee"}


@pytest.mark.slow
def test_neither_scikit_image_nor_torch_is_imported():
    code = (
        "import sys; from phosphene.sources.images import images; images('samples:32'); "
        "assert not {'skimage', 'pooch', 'torch'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
