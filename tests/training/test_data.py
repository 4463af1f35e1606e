import numpy as np
import pytest
import torch

from phosphene.errors import PhospheneError
from phosphene.training.data import colours, load_data
from tests.training.pictures import archive, folder, picture


def test_a_folder_with_train_and_test_is_divided_as_it_is(tmp_path):
    data = load_data(str(folder(tmp_path)))
    assert data.classes == ("blue-not", "green|er", "x")
    assert data.train.pixels.shape == (24, 3, 32, 32)
    assert data.train.labels.bincount().tolist() == [8, 8, 8]
    assert data.test.labels.bincount().tolist() == [8, 8, 8]


def test_pixels_and_labels_belong_together(tmp_path):
    data = load_data(str(archive(tmp_path / "pictures.zip")))
    assert data.name == "pictures.zip"
    for pixels, label in zip(data.test.pixels, data.test.labels, strict=True):
        assert pixels.float().mean((1, 2)).argmax() == label


def test_without_parts_a_tenth_is_held_out_by_the_seed(tmp_path):
    root = str(folder(tmp_path, parts=("",), per_class=10))
    one, again, other = (load_data(root, seed) for seed in (0, 0, 1))
    assert (len(one.train.labels), len(one.test.labels)) == (27, 3)
    assert torch.equal(one.test.pixels, again.test.pixels)
    assert not torch.equal(one.test.pixels, other.test.pixels)
    every = torch.cat([one.train.pixels, one.test.pixels]).flatten(1)
    assert len(every.unique(dim=0)) == 10 * 3


def test_val_serves_where_there_is_no_test(tmp_path):
    data = load_data(str(folder(tmp_path, parts=("train/", "val/"), per_class=4)))
    assert (len(data.train.labels), len(data.test.labels)) == (12, 12)


def test_a_class_called_test_is_a_class(tmp_path):
    for label in ("test", "cat"):
        for number in range(10):
            (tmp_path / label).mkdir(exist_ok=True)
            picture(0, number).save(tmp_path / label / f"{number}.png")
    data = load_data(str(tmp_path))
    assert data.classes == ("cat", "test")
    assert len(data.test.labels) == 2


def test_broken_pictures_are_left_out_and_named(tmp_path):
    folder(tmp_path, per_class=3)
    (tmp_path / "train" / "x" / "bad.jpg").write_bytes(b"no picture")
    data = load_data(str(tmp_path))
    assert data.passed_over == ("train/x/bad.jpg",)
    assert len(data.train.labels) == 9


def test_pictures_of_other_sizes_are_brought_to_32(tmp_path):
    folder(tmp_path, per_class=2)
    picture(0, 1, side=50).save(tmp_path / "train" / "x" / "large.png")
    assert load_data(str(tmp_path)).train.pixels.shape == (7, 3, 32, 32)


def test_test_pictures_alone_are_refused(tmp_path):
    with pytest.raises(PhospheneError, match="both to learn from and to test on"):
        load_data(str(folder(tmp_path, parts=("test/",))))


def test_one_class_is_refused(tmp_path):
    (tmp_path / "only").mkdir()
    picture(0, 0).save(tmp_path / "only" / "a.png")
    with pytest.raises(PhospheneError, match="one sub-folder per class"):
        load_data(str(tmp_path))


def test_colours_are_numpys_mean_and_deviation():
    pixels = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = colours(pixels)
    np.testing.assert_allclose(mean, (pixels.numpy() / 255).mean((0, 2, 3)))
    np.testing.assert_allclose(std, (pixels.numpy() / 255).std((0, 2, 3)))


def test_one_flat_colour_can_still_be_normalised():
    _, std = colours(torch.full((2, 3, 4, 4), 7, dtype=torch.uint8))
    assert all(s > 0 for s in std)


def test_normalised_pixels_have_mean_0_and_deviation_1(tmp_path):
    data = load_data(str(folder(tmp_path)))
    values = data.normalise(data.train.pixels)
    torch.testing.assert_close(values.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(values.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-4, rtol=0)
