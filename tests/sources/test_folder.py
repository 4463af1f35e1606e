"""Folders: classes, splits, order, links."""

import sys

import pytest

from phosphene.errors import PhospheneError
from phosphene.sources.images import images
from tests.sources.pictures import write


def ids(found):
    return [picture.id for picture in found]


def test_folders_are_classes(tmp_path):
    for name in ("dog/1.png", "cat/1.png", "cat/deeper/2.png", "loose.png"):
        write(tmp_path / name)
    found = images(tmp_path)
    assert [(p.id, p.label) for p in found] == [
        ("cat/1.png", "cat"),
        ("cat/deeper/2.png", "cat"),
        ("dog/1.png", "dog"),
        ("loose.png", None),
    ]
    assert found.classes == ("cat", "dog")
    assert found.name == tmp_path.name


def test_natural_order(tmp_path):
    for number in (1, 2, 9, 10, 11, 100):
        write(tmp_path / f"img{number}.png")
    write(tmp_path / "img2b.png")
    expected = ["img1.png", "img2.png", "img2b.png", "img9.png", "img10.png", "img11.png", "img100.png"]
    assert ids(images(tmp_path)) == expected


def test_natural_order_of_classes_and_of_folders_that_begin_alike(tmp_path):
    for name in ("10/a.png", "9/a.png", "9-x/a.png"):
        write(tmp_path / name)
    found = images(tmp_path)
    assert found.classes == ("9", "9-x", "10")
    assert ids(found) == ["9/a.png", "9-x/a.png", "10/a.png"]


@pytest.mark.parametrize("held_out", ["test", "val", "Validation"])
def test_splits(tmp_path, held_out):
    for name in ("train/dog/1.png", "train/cat/1.png", f"{held_out}/dog/2.png"):
        write(tmp_path / name)
    assert ids(images(tmp_path, split="train")) == ["train/cat/1.png", "train/dog/1.png"]
    assert ids(images(tmp_path, split="test")) == [f"{held_out}/dog/2.png"]
    both = images(tmp_path)
    assert len(both) == 3
    assert both.classes == ("cat", "dog")


def test_a_validation_split_is_not_the_test_where_there_are_both(tmp_path):
    for name in ("train/a/1.png", "val/a/2.png", "test/a/3.png"):
        write(tmp_path / name)
    assert ids(images(tmp_path, split="test")) == ["test/a/3.png"]
    assert ids(images(tmp_path, split="val")) == ["val/a/2.png"]


def test_a_class_named_train_is_a_class(tmp_path):
    for name in ("train/1.png", "truck/1.png"):
        write(tmp_path / name)
    assert images(tmp_path).classes == ("train", "truck")
    with pytest.raises(PhospheneError, match="has no split 'train'; leave the split out"):
        images(tmp_path, split="train")


def test_a_split_that_is_not_there(tmp_path):
    write(tmp_path / "train/a/1.png")
    with pytest.raises(PhospheneError, match="no split 'trian'; did you mean 'train'"):
        images(tmp_path, split="trian")
    with pytest.raises(PhospheneError, match="no split 'test'; it has train"):
        images(tmp_path, split="test")


def test_one_wrapping_folder_is_left_out(tmp_path):
    for name in ("photos/cat/1.png", "photos/dog/1.png"):
        write(tmp_path / name)
    assert ids(images(tmp_path)) == ["cat/1.png", "dog/1.png"]


def test_one_class_is_no_wrapping_folder(tmp_path):
    write(tmp_path / "cat/1.png")
    assert images(tmp_path).classes == ("cat",)


def test_what_is_hidden_or_no_picture_is_not_listed(tmp_path):
    for name in (".git/a.png", "cat/._1.png", "__MACOSX/cat/1.png", "labels.csv", "Thumbs.db", "jpg", "a.png.txt"):
        write(tmp_path / name)
    write(tmp_path / "cat/1.PNG")
    write(tmp_path / "cat/2.HEIC")  # a picture, though it cannot be read: reported later, not overlooked
    assert ids(images(tmp_path)) == ["cat/1.PNG", "cat/2.HEIC"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_loops_of_links_end_and_linked_folders_are_read_once(tmp_path):
    top = tmp_path / "top"
    write(top / "cat/1.png")
    write(tmp_path / "elsewhere/2.png")
    (top / "cat/loop").symlink_to(top)
    (top / "dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(top / "cat")
    (top / "self").symlink_to(top / "self")
    assert ids(images(top)) == ["cat/1.png", "dog/2.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_many_folders_that_link_to_each_other_are_read_in_no_time(tmp_path):
    folders = [tmp_path / f"class{n}" for n in range(12)]  # twelve factorial ways to walk
    for folder in folders:
        write(folder / "1.png")
        for other in folders:
            (folder / f"to-{other.name}").symlink_to(other)
    assert len(images(tmp_path)) == 12


def test_empty_folder_and_folder_without_pictures(tmp_path):
    with pytest.raises(PhospheneError, match=r"holds no pictures; give a folder or \.zip with"):
        images(tmp_path)
    write(tmp_path / "notes.txt", b"x")
    with pytest.raises(PhospheneError, match="holds no pictures"):
        images(tmp_path)


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path, monkeypatch):
    import os

    for name in ("cat/1.png", "secret/1.png"):
        write(tmp_path / name)
    listing = os.scandir

    def refuse(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = images(tmp_path)
    assert ids(found) == ["cat/1.png"]
    assert [(f.id, f.reason) for f in found.failures] == [("secret", "the folder cannot be listed (Permission denied)")]
    with pytest.raises(PhospheneError, match="secret cannot be read: the folder cannot be listed"):
        images(tmp_path / "secret")
