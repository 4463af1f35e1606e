"""A set as one tensor: right pixels, labels, sizes and bounds."""

import tracemalloc

import numpy as np
import pytest
import torch

from phosphene.errors import PhospheneError
from phosphene.sources.images import images
from phosphene.sources.memory import as_uint8
from phosphene.sources.picture import ImageSet, Picture, Pixels
from tests.sources.pictures import encoded, noise, smooth, write


def one(values):
    return ImageSet("one", [Picture("it", None, Pixels(values))])


def held(values, size):
    return as_uint8(one(values), size).pixels[0].permute(1, 2, 0).numpy().astype(int)


def test_pixels_labels_and_ids_in_the_order_of_the_set(tmp_path):
    for index, name in enumerate(("ant/1.png", "bee/1.png", "bee/2.png", "loose.png")):
        write(tmp_path / name, encoded(noise(8, 6, seed=index)))
    found = as_uint8(images(tmp_path), (8, 6))
    assert found.pixels.dtype == torch.uint8
    assert found.pixels.shape == (4, 3, 8, 6)
    assert found.pixels.is_contiguous()
    assert found.labels.dtype == torch.int64
    assert found.labels.tolist() == [0, 1, 1, -1]
    assert found.ids == ["ant/1.png", "bee/1.png", "bee/2.png", "loose.png"]
    assert (found.classes, found.failures) == (("ant", "bee"), [])
    for index in range(4):
        assert (found.pixels[index].numpy() == noise(8, 6, seed=index).transpose(2, 0, 1)).all()


def test_a_wide_picture_is_cut_evenly_from_both_sides():
    values = noise(10, 16)
    assert (held(values, (10, 10)) == values[:, 3:13]).all()


def test_a_high_picture_is_cut_evenly_above_and_below():
    values = noise(16, 10)
    assert (held(values, (10, 10)) == values[3:13]).all()


def test_reducing_averages_and_does_not_skip_pixels():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255  # every second column: skipping would give black or white, averaging grey
    assert np.abs(held(stripes, (16, 16))[:, 1:-1] - 127.5).max() < 3


def test_scaling_keeps_what_is_where():
    assert np.abs(held(smooth(40, 60), (20, 30)) - smooth(20, 30)).max() <= 6
    assert np.abs(held(smooth(40, 60), (80, 120)) - smooth(80, 120)).max() <= 6


def test_every_size_of_picture_fits():
    shapes = [shape for side in range(1, 150) for shape in ((side, 7, 3), (7, side, 3), (side, side, 3))]
    many = ImageSet("many", [Picture(str(shape), None, Pixels(np.full(shape, 9, np.uint8))) for shape in shapes])
    assert (as_uint8(many, (53, 71)).pixels == 9).all()  # no rounding puts a cut outside of its picture


def test_labels_of_one_class_keep_the_numbers_of_all(tmp_path):
    for name in ("ant/1.png", "bee/1.png"):
        write(tmp_path / name)
    assert as_uint8(images(tmp_path).where("bee"), (4, 4)).labels.tolist() == [1]


def test_many_pictures_keep_their_places():
    many = ImageSet("many", [Picture(str(i), None, Pixels(np.full((2, 2, 3), i % 251, np.uint8))) for i in range(1000)])
    seen = []
    found = as_uint8(many, (2, 2), progress=lambda done, total: seen.append((done, total)))
    assert found.pixels[:, 0, 0, 0].tolist() == [i % 251 for i in range(1000)]
    assert seen == [(256, 1000), (512, 1000), (768, 1000), (1000, 1000)]


@pytest.mark.slow
def test_it_can_be_broken_off():
    opened = []

    class Counted:
        def read(self):
            opened.append(1)
            return np.zeros((2, 2, 3), np.uint8)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        as_uint8(ImageSet("many", [Picture(str(i), None, Counted()) for i in range(50_000)]), (2, 2), progress=stop)
    assert len(opened) < 25_000


def test_what_would_not_fit_is_refused_before_anything_is_read():
    class Unread:
        def read(self):
            pytest.fail("a picture was read")

    many = ImageSet("many", [Picture(str(i), None, Unread()) for i in range(1000)])
    with pytest.raises(PhospheneError) as caught:
        as_uint8(many, (1000, 2000), max_bytes=3_000_000_000)
    assert str(caught.value) == (
        "1000 pictures of 1000 x 2000 pixels need 6.0 GB of memory, more than 3.0;"
        " use at most 500 of them (`.take(500)`) or a smaller size"
    )


@pytest.mark.slow
def test_nothing_but_the_result_is_kept(tmp_path):
    for index in range(40):
        write(tmp_path / f"{index}.png", encoded(np.full((500, 500, 3), index, np.uint8)))
    found = images(tmp_path)
    as_uint8(found, (16, 16))
    tracemalloc.start()
    as_uint8(found, (16, 16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # all forty would be 30 MB


def test_an_empty_set_cannot_be_held():
    with pytest.raises(PhospheneError, match="no picture of nothing can be read"):
        as_uint8(ImageSet("nothing", []), (4, 4))
