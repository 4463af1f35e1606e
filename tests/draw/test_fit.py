"""Pictures at the size of their tile: what reducing keeps of signed ones."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from phosphene.draw.fit import resized, strongest
from phosphene.draw.sheet import REDUCED, Sheet, Tile

SIZES = [((9, 9), (3, 3)), ((7, 11), (5, 4)), ((224, 224), (96, 96)), ((5, 6), (5, 3)), ((3, 8), (1, 1))]


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(1, 256, (height, width, 3), dtype=np.uint8)


def stretches(length, count):
    """Cut ``length`` pixels into ``count`` runs, each starting where the fraction of the way is passed."""
    starts = [int(np.floor(length * i / count)) for i in range(count)]
    return list(zip(starts, [*starts[1:], length], strict=True))


@pytest.mark.parametrize(("shape", "size"), SIZES)
def test_each_pixel_is_one_of_those_it_stands_for_and_none_is_farther_from_grey(shape, size):
    pixels = noise(*shape)
    small = strongest(pixels, (size[1], size[0]))
    assert small.shape == (*size, 3)
    for y, (top, bottom) in enumerate(stretches(shape[0], size[0])):
        for x, (left, right) in enumerate(stretches(shape[1], size[1])):
            group = pixels[top:bottom, left:right].reshape(-1, 3).astype(int)
            assert small[y, x].tolist() in group.tolist()
            assert abs(small[y, x].astype(int) - 128).max() == abs(group - 128).max()


def test_fine_lines_of_both_signs_are_both_seen():
    lines = np.full((224, 224, 3), 128, np.uint8)
    lines[::2], lines[1::2] = 228, 28
    small = np.asarray(resized(Image.fromarray(lines), (96, 96), around_grey=True)).astype(int)
    assert (abs(small - 128) == 100).all()
    assert abs(small.mean() - 128) < 2
    smooth = np.asarray(resized(Image.fromarray(lines), (96, 96))).astype(int)
    assert abs(smooth - 128).mean() < 20, "a mean would do as well, and the test shows nothing"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".png", ".svg", ".pdf"])
def test_every_format_draws_signed_pictures_so(kind):
    picture = Image.fromarray(noise(224, 224))
    around = Sheet([Tile(picture, around_grey=True)], tile_size=48)
    smooth = Sheet([Tile(picture)], scale_note=REDUCED, tile_size=48)
    assert words(around, 150) == words(smooth, 150)
    assert around.encoded(kind) != smooth.encoded(kind)


def test_a_sheet_shows_the_strongest_pixels_and_says_so():
    pixels = noise(224, 224)
    sheet = Sheet([Tile(Image.fromarray(pixels), around_grey=True)], scale_note="Scaled.", tile_size=48)
    photo = sheet.page(150).marks[0]
    drawn = np.asarray(Image.open(BytesIO(sheet.encoded(".png"))))[photo.y :, photo.x :][: photo.height, : photo.width]
    np.testing.assert_array_equal(drawn, strongest(pixels, (photo.width, photo.height)))
    assert REDUCED in words(sheet, 150)
    assert REDUCED not in words(sheet, 400), "at 400 pixels an inch it is not reduced"


def words(sheet, dpi):
    return " ".join(mark.text for mark in sheet.page(dpi).marks if hasattr(mark, "text"))


@pytest.mark.parametrize("side", [8, 32, 64])
def test_small_pictures_are_enlarged_as_any_other(side):
    picture = Image.fromarray(noise(side, side))
    around, other = (Sheet([Tile(picture, around_grey=signed)], scale_note="Scaled.") for signed in (True, False))
    assert around.encoded(".png") == other.encoded(".png")
