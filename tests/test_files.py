"""A file is written whole or not at all."""

import errno
import os

import pytest

from phosphene.errors import PhospheneError
from phosphene.files import writing


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "a.png"
    with writing(target) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert target.read_text() == "whole"


def fill_half_and_fail(target, failure):
    with writing(target) as temporary:
        temporary.write_text("ne")
        raise failure


def test_what_stood_there_stays_when_the_block_fails(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ValueError, match="half way"):
        fill_half_and_fail(target, ValueError("half way"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "the disk is full; make room or choose another folder"),
        (errno.EACCES, "there is no permission for it; choose another place"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_the_system_refuses_is_one_sentence_and_leaves_nothing(tmp_path, number, why):
    with pytest.raises(PhospheneError) as failure:
        fill_half_and_fail(tmp_path / "a.txt", OSError(number, os.strerror(number)))
    assert str(failure.value) == f"cannot write {str(tmp_path / 'a.txt')!r}: {why}"
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(PhospheneError, match=r"there is no folder '.*none'; make it first: mkdir -p"):
        fill_half_and_fail(tmp_path / "none" / "a.txt", ValueError())


def test_a_folder_in_its_place_is_named(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with (
        pytest.raises(PhospheneError, match="that is a folder; add a file name"),
        writing(tmp_path / "a.txt") as temporary,
    ):
        temporary.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
