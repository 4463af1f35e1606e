"""What a user may type for images, and what is said when it is wrong."""

import numpy as np
import pytest

from phosphene.errors import UsageError
from phosphene.sources.images import images
from tests.sources.pictures import encoded, noise, write

KINDS = "give a folder, a .zip, a .tar, a list, a picture, hf/NAME, cifar10 or samples"


def ids(found):
    return [picture.id for picture in found]


def test_a_single_file_needs_no_suffix(tmp_path):
    path = write(tmp_path / "frog", encoded(noise()))
    for spec in (path, str(path)):
        found = images(spec)
        assert (found.name, ids(found), found[0].label, found.classes) == ("frog", ["frog"], None, ())
        assert (np.asarray(found[0].open()) == noise()).all()


def test_a_single_file_has_no_split(tmp_path):
    with pytest.raises(UsageError, match=r"is one picture and has no split 'train'; leave the split out"):
        images(write(tmp_path / "a.png"), split="train")


def test_an_image_set_is_passed_through(tmp_path):
    found = images(write(tmp_path / "a.png"))
    assert images(found) is found


def test_home_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "a.png")
    assert ids(images("~/a.png")) == ["a.png"]


def test_a_list_of_files_keeps_its_order(tmp_path):
    paths = [write(tmp_path / name) for name in ("b.png", "a.png")]
    assert ids(images(paths)) == ["b.png", "a.png"]
    assert ids(images(path for path in paths)) == ["b.png", "a.png"]


def test_a_list_of_one_is_that_one(tmp_path):
    write(tmp_path / "set/cat/1.png")
    assert ids(images([tmp_path / "set"])) == ids(images(tmp_path / "set")) == ["cat/1.png"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one/x.png", "two/x.png", "two/y.png"):
        write(tmp_path / name)
    assert ids(images(["one/x.png", "two/x.png", "two/y.png"])) == ["one/x.png", "two/x.png", "y.png"]
    assert ids(images(["two/y.png", "./two/y.png"])) == ["two/y.png", "two/y.png (2)"]


def test_folders_in_a_list_put_their_name_before_their_pictures(tmp_path):
    for name in ("first/cat/1.png", "first/cat/2.png", "second/ant/1.png", "lone.png"):
        write(tmp_path / name)
    found = images([tmp_path / "second", tmp_path / "first", tmp_path / "lone.png"])
    assert ids(found) == ["second/ant/1.png", "first/cat/1.png", "first/cat/2.png", "lone.png"]
    assert found.classes == ("ant", "cat")
    assert found.name == "second + first + lone.png"


def test_a_folder_that_is_called_samples_is_given_with_a_dot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "samples/1.png")
    assert ids(images("./samples")) == ["1.png"]
    assert len(images("samples")) > 10


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("sampels", "there is no 'sampels'; did you mean 'samples'?"),
        ("cifar-10", "there is no 'cifar-10'; did you mean 'cifar10'?"),
        ("fotos", "there is no 'fotos'; did you mean 'photos'?"),
        ("zzzzzz", f"there is no 'zzzzzz'; {KINDS}"),
        ("no/such/place", f"there is no 'no/such/place'; {KINDS}"),
        ("samples:3.5", "'samples:3.5' names no windows; type samples:32, or another size from 16 to 128"),
        ("samples:0", "'samples:0' names no windows; type samples:32, or another size from 16 to 128"),
        ("a\0b.png", f"there is no 'a\\x00b.png'; {KINDS}"),
        (500 * "x", f"there is no '{500 * 'x'}'; {KINDS}"),
        ("", f"there is no ''; {KINDS}"),
    ],
)
def test_what_is_not_there(tmp_path, monkeypatch, spec, sentence):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "photos/1.png")
    with pytest.raises(UsageError) as caught:
        images(spec)
    assert str(caught.value) == sentence


def test_a_list_of_nothing():
    with pytest.raises(UsageError, match="the list of images is empty; give at least one folder"):
        images([])
