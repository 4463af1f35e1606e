"""A folder is written whole or not at all, and strangers' files stay as they are."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phosphene.errors import PhospheneError
from phosphene.explore.folder import Maker, filling

MANIFEST = "summary.json"
MAKER = Maker("phosphene demo", MANIFEST, "choose another folder with --out")
BUILDING = MAKER.building


def write(path, **files):
    with filling(path, MAKER) as folder:
        for name, content in files.items():
            folder.put(f"{name}.txt", bytes(content, "ascii"))
        folder.finish({"seed": 1})


def names(path):
    return sorted(each.name for each in path.iterdir())


@pytest.mark.parametrize("there", [False, True])
def test_into_a_new_or_an_empty_folder(tmp_path, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    write(out, a="A", b="B")
    assert names(out) == ["a.txt", "b.txt", MANIFEST]
    assert names(tmp_path) == ["out"]
    assert json.loads((out / MANIFEST).read_text())["seed"] == 1
    assert oct(out.stat().st_mode & 0o777) == "0o755"


def test_an_earlier_story_is_replaced_and_other_files_stay(tmp_path):
    out = tmp_path / "out"
    write(out, a="old", b="old")
    (out / "mine.txt").write_text("mine")
    write(out, b="new", c="new")
    assert names(out) == ["b.txt", "c.txt", "mine.txt", MANIFEST]
    assert (out / "b.txt").read_text() == "new"
    assert (out / "mine.txt").read_text() == "mine"


def test_a_file_of_somebody_else_is_never_overwritten(tmp_path):
    out = tmp_path / "out"
    write(out, a="old")
    (out / "b.txt").write_text("mine")
    with pytest.raises(PhospheneError, match=r"b.txt' was not written by 'phosphene demo'"):
        write(out, a="new", b="new")
    assert (out / "a.txt").read_text() == "old"
    assert (out / "b.txt").read_text() == "mine"
    assert names(out) == ["a.txt", "b.txt", MANIFEST]


@pytest.mark.parametrize("manifest", [None, "{}", "[1]", '{"made_by": "someone", "files": ["mine.txt"]}', "\xff"])
def test_a_folder_of_something_else_is_refused(tmp_path, manifest):
    (tmp_path / "mine.txt").write_text("mine")
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest.encode("latin-1"))
    before = names(tmp_path)
    with pytest.raises(PhospheneError, match="holds files of something else; choose another folder with --out"):
        write(tmp_path, a="A")
    assert names(tmp_path) == before


def test_a_manifest_cannot_point_outside(tmp_path):
    outside, out = tmp_path / "outside.txt", tmp_path / "out"
    outside.write_text("mine")
    write(out, a="A")
    listing = {"made_by": "phosphene demo", "files": ["../outside.txt", MANIFEST]}
    (out / MANIFEST).write_text(json.dumps(listing))
    with pytest.raises(PhospheneError, match="was not written by 'phosphene demo'"):
        write(out, a="new")
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_leaves_nothing(tmp_path, there):
    out = tmp_path / "out"
    if there:
        write(out, a="old")
    before = names(tmp_path)
    with pytest.raises(TypeError, match="str"):
        write(out, a="new", b=b"bytes")
    assert names(tmp_path) == before
    if there:
        assert names(out) == ["a.txt", MANIFEST]
        assert (out / "a.txt").read_text() == "old"


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PhospheneError, match="file' is a file; choose another folder with --out"):
        write(tmp_path / "file")
    with pytest.raises(PhospheneError, match=r"there is no folder .*nowhere'; make it first: mkdir -p"):
        write(tmp_path / "nowhere" / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PhospheneError, match="there is no permission for it; choose another place"):
        write(tmp_path / "out", a="A")


def test_a_full_disk_is_one_sentence_that_names_the_file_asked_for(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(PhospheneError) as caught:
        write(tmp_path / "out", a="A")
    assert str(caught.value) == (
        f"cannot write {str(tmp_path / 'out' / 'a.txt')!r}: the disk is full; make room or choose another folder"
    )
    assert names(tmp_path) == []


def test_a_file_may_be_written_by_others(tmp_path):
    with filling(tmp_path / "out", MAKER) as folder:
        folder.path("a.atlas").write_bytes(b"atlas")
        (tmp_path / "out" / BUILDING / "a.atlas-journal").write_bytes(b"left behind")
        folder.finish({})
    assert names(tmp_path / "out") == ["a.atlas", MANIFEST]


@pytest.mark.parametrize("there", [False, True])
def test_two_at_once_are_one_too_many(tmp_path, there):
    out = tmp_path / "out"
    if there:
        write(out, a="old")
    with filling(out, MAKER) as folder:
        folder.put("a.txt", b"first")
        with pytest.raises(PhospheneError, match=r"another 'phosphene demo' is writing into .*out'; let it end"):
            write(out, a="second")
        folder.finish({})
    assert (out / "a.txt").read_text() == "first"
    assert names(out) == ["a.txt", MANIFEST]


WRITER = """
import os, signal, sys
from pathlib import Path
from phosphene.explore.folder import Maker, filling

def die_at(step):
    steps = iter(range(1000))
    def replaced(self, target, plain=Path.replace):
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(self, target)
    Path.replace = replaced

with filling(sys.argv[1], Maker("phosphene demo", "summary.json", "")) as folder:
    for name in ("a.txt", "c.txt"):
        folder.put(name, b"killed")
    folder.path("x.atlas").write_bytes(b"killed")
    if sys.argv[2] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    die_at(int(sys.argv[2]))
    folder.finish({})
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "0", "1", "2", "3", "4"])
@pytest.mark.parametrize("there", [False, True])
def test_after_a_kill_at_any_moment_the_next_story_is_whole(tmp_path, when, there):
    out = tmp_path / "out"
    if there:
        write(out, a="old", b="old")
        (out / "mine.txt").write_text("mine")
    killed = subprocess.run([sys.executable, "-c", WRITER, str(out), when], check=False)
    assert killed.returncode == -signal.SIGKILL
    with filling(out, MAKER) as folder:
        assert not folder.path("x.atlas").exists(), "a scan does not begin where there is an atlas"
    write(out, a="new", d="new")
    mine = ["mine.txt"] if there else []
    assert names(out) == ["a.txt", "d.txt", *mine, MANIFEST]
    assert Path(out / "a.txt").read_text() == "new"
    assert json.loads((out / MANIFEST).read_text())["files"] == ["a.txt", "d.txt", MANIFEST]


def put(path, *places):
    with filling(path, MAKER) as folder:
        for place in places:
            folder.put(place, place.encode())
        folder.finish({})


def files(path):
    return sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())


def test_folders_below_come_and_go_with_their_files(tmp_path):
    out = tmp_path / "out"
    put(out, "a/b/c.txt", "a/d.txt", "e/f.txt")
    (out / "e" / "mine.txt").write_text("mine")
    put(out, "a/d.txt", "g/h.txt")
    assert files(out) == ["a/d.txt", "e/mine.txt", "g/h.txt", MANIFEST]
    assert not (out / "a" / "b").exists()


OUTSIDE = ["../x", "/x", "a/../../x", "a//x", "./x", "a/.", "..", "", ".", "a\\..\\x", "C:x", "a\0b", "a/"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    with filling(tmp_path / "out", MAKER) as folder, pytest.raises(ValueError, match="is no path inside a folder"):
        folder.put(name, b"")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["../outside.txt", "linked/outside.txt", "a/../../outside.txt"])
def test_what_a_strangers_manifest_or_a_link_names_is_not_taken_away(tmp_path, name):
    out, outside = tmp_path / "out", tmp_path / "outside.txt"
    put(out, "a/x.txt")
    outside.write_text("mine")
    (out / "linked").symlink_to(tmp_path)
    (out / MANIFEST).write_text(json.dumps({"made_by": MAKER.command, "files": [name, "a/x.txt", MANIFEST]}))
    put(out, "b/y.txt")
    assert outside.read_text() == "mine"
    assert files(out) == ["b/y.txt", MANIFEST]


def test_nothing_is_written_through_a_link(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    put(out, "a/x.txt")
    elsewhere.mkdir()
    (out / "b").symlink_to(elsewhere)
    with pytest.raises(PhospheneError, match="out/b' was not written by 'phosphene demo'; move it away or choose"):
        put(out, "b/y.txt")
    assert names(elsewhere) == []
    assert files(out) == ["a/x.txt", MANIFEST]


def test_a_file_where_a_folder_is_to_be(tmp_path):
    out = tmp_path / "out"
    put(out, "a/x.txt")
    (out / "b").write_text("mine")
    with pytest.raises(PhospheneError, match="out/b' was not written by"):
        put(out, "b/c/y.txt")
    assert (out / "b").read_text() == "mine"
