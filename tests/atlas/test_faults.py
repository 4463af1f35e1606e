"""A full disk, an error at any write, a read-only place, two scans on one file, another scan's file: one sentence."""

import errno
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from phosphene.atlas import creation
from phosphene.atlas.connection import connect
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.records import LayerInfo, Options
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import PhospheneError, UsageError
from tests.atlas import synthetic
from tests.atlas.driving import failing, in_a_child

GOLDEN = Path(__file__).with_name("golden.atlas")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.atlas"


def begun(path: Path, shards: int = 2) -> AtlasWriter:
    writer = AtlasWriter.create(path, synthetic.manifest())
    for number in range(shards):
        writer.commit(synthetic.shard(number))
    return writer


def goes_on_to_the_golden_content(path: Path, after: int = 2) -> None:
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    with AtlasWriter.resume(path, synthetic.manifest()) as writer:
        assert writer.progress.shards == after
        synthetic.write(writer)
    with open_atlas(path) as atlas, open_atlas(GOLDEN) as golden:
        assert atlas.content_hash() == golden.content_hash()


# -- the disk ----------------------------------------------------------------------------------------------------------


def test_a_database_that_may_not_grow(path):
    with begun(path) as writer:
        writer._sole.connection.execute("PRAGMA max_page_count=1").fetchall()  # no less than it has
        with pytest.raises(
            PhospheneError, match=r"cannot write '.*a\.atlas': the disk is full; make room, then go on w"
        ):
            synthetic.write(writer)
    with open_atlas(path) as atlas:
        assert atlas.progress.shards >= 2


@pytest.mark.parametrize("more", [1_000, 20_000, 40_000])
def test_the_system_lets_no_file_grow_any_further(path, more):
    begun(path, 0).close()

    def scan() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = path.stat().st_size + more
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with AtlasWriter.resume(path, synthetic.manifest()) as writer:
            synthetic.write(writer)

    said = in_a_child(scan)
    assert said.startswith(f"PhospheneError: cannot write {str(path)!r}: the disk "), said
    assert said.endswith(", then go on with --resume (what was committed is kept)")
    with AtlasWriter.resume(path, synthetic.manifest()) as writer:
        done = writer.progress.shards
    goes_on_to_the_golden_content(path, after=done)


@pytest.mark.slow
@pytest.mark.parametrize("statement", [1, 2, 3, 4, 5, 20, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88])
def test_an_error_at_the_kth_statement_of_a_commit(path, statement, monkeypatch):
    begun(path).close()
    failing(monkeypatch)
    with AtlasWriter.resume(path, synthetic.manifest()) as writer:
        writer._sole.connection.left = statement
        with pytest.raises(PhospheneError, match="the disk reports an error; check it, then go on with --resume"):
            synthetic.write(writer)
        with pytest.raises(PhospheneError, match="it was closed"):
            writer.commit(synthetic.shard(writer.progress.shards))
    monkeypatch.undo()
    goes_on_to_the_golden_content(path, after=2 + writer._sole.connection.passed.count("COMMIT"))


def test_an_error_of_the_caller_loses_nothing(path):
    def rows():
        yield from synthetic.units()
        raise KeyboardInterrupt

    writer = begun(path, 5)
    with writer, pytest.raises(KeyboardInterrupt):
        writer.finish(rows(), [], [], [])
    goes_on_to_the_golden_content(path, after=5)


# -- places ------------------------------------------------------------------------------------------------------------


def as_nobody(action: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        action()

    return run


@pytest.fixture
def read_only():
    """A folder that nobody may write to, with an atlas, one whose last shard is half written, and a free name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun(folder / "there.atlas").close()
        half_written(folder / "killed.atlas")
        (folder / "there.atlas").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def half_written(path: Path) -> None:
    begun(path).close()
    if not (child := os.fork()):
        with AtlasWriter.resume(path, synthetic.manifest()) as writer:
            writer._sole.connection.execute("PRAGMA cache_size=1")
            writer._sole.connection.set_trace_callback(lambda sql: sql == "COMMIT" and os.kill(os.getpid(), 9))
            writer.commit(synthetic.shard(2))
    os.waitpid(child, 0)
    assert Path(f"{path}-journal").exists()


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (lambda f: AtlasWriter.create(f / "new.atlas", synthetic.manifest()), "there is no permission for it; choose"),
        (lambda f: AtlasWriter.resume(f / "there.atlas", synthetic.manifest()), "is read-only; copy 'there.atlas' to"),
        (
            lambda f: open_atlas(f / "killed.atlas"),
            "cannot be undone in a read-only place; copy the file and 'killed.a",
        ),
        (lambda f: open_atlas(f / "there.atlas").query("SELECT 1"), "nothing was raised"),
    ],
)
def test_a_read_only_folder(read_only, action, said):
    assert said in in_a_child(as_nobody(lambda: action(read_only)))


@pytest.mark.slow
def test_places_that_cannot_be(path, tmp_path):
    with pytest.raises(UsageError, match=r"there is no folder '.*none'; make it first: mkdir -p "):
        AtlasWriter.create(tmp_path / "none" / "a.atlas", synthetic.manifest())
    with pytest.raises(UsageError, match=r"there is no atlas '.*' to go on with; leave --resume out"):
        AtlasWriter.resume(path, synthetic.manifest())
    begun(path).close()
    with pytest.raises(UsageError, match=r"a\.atlas' is there already; go on with it by --resume, or choose another"):
        AtlasWriter.create(path, synthetic.manifest())
    goes_on_to_the_golden_content(path)


@pytest.mark.slow
def test_a_file_system_without_links(path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    begun(path).close()
    goes_on_to_the_golden_content(path)


# -- two on one file ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_second_scan_is_told_to_wait(path):
    with begun(path) as writer:
        with pytest.raises(
            PhospheneError, match=r"another scan is writing '.*a\.atlas'; wait until that has ended, or"
        ):
            AtlasWriter.resume(path, synthetic.manifest())
        assert "another scan is writing" in in_a_child(lambda: AtlasWriter.resume(path, synthetic.manifest()))
        writer.commit(synthetic.shard(2))
    goes_on_to_the_golden_content(path, after=3)


def test_of_two_scans_that_begin_at_once_one_is_told_so(path, monkeypatch):
    real = creation._fill

    def slowly(temporary, manifest):
        real(temporary, manifest)
        path.write_bytes(b"the other one's")

    monkeypatch.setattr(creation, "_fill", slowly)
    with pytest.raises(UsageError, match="is there already"):
        AtlasWriter.create(path, synthetic.manifest())
    assert path.read_bytes() == b"the other one's"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
def test_a_scan_that_slipped_in_between_two_commits_is_noticed(path, monkeypatch):
    with begun(path) as writer:
        hold = writer._sole._hold

        def late():
            with AtlasWriter.resume(path, synthetic.manifest()) as other:
                other.commit(synthetic.shard(3))
            hold()

        monkeypatch.setattr(writer._sole, "_hold", late)
        with pytest.raises(PhospheneError, match=r"another scan wrote to .* meanwhile; go on with it by --resume"):
            writer.commit(synthetic.shard(2))
    goes_on_to_the_golden_content(path, after=4)


def test_readers_do_not_keep_a_scan_from_committing(path):
    with begun(path) as writer, open_atlas(path) as one, open_atlas(path) as two:
        iterator = iter(one.images)
        next(iterator)
        writer.commit(synthetic.shard(2))
        assert len(list(iterator)) == len([i for i in range(24) if not synthetic.broken(i)]) - 1
        assert two.progress.done == 16
        assert two.query("SELECT max(end) FROM shards").rows == [(24,)]
        assert two.progress.done == 24


@pytest.mark.slow
def test_a_reader_that_does_not_let_go(path, monkeypatch):
    monkeypatch.setattr("phosphene.atlas.transaction.WAIT", 0.01)
    with begun(path) as writer:
        reader = connect(path, "ro")
        reader.execute("BEGIN").fetchall()
        reader.execute("SELECT * FROM units").fetchall()
        with pytest.raises(
            PhospheneError, match="another program is busy with it; wait until that has ended, then go on"
        ):
            writer.commit(synthetic.shard(2))
        reader.close()
    goes_on_to_the_golden_content(path)


# -- another scan's file -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"network": "cifar-deep"}, "network"),
        ({"weights": "cd" * 32}, "weights"),
        ({"preprocessing": "resize to 9"}, "preprocessing"),
        ({"images": "photos", "total": 41}, "images and total"),
        ({"layers": (LayerInfo("relu1", "relu", 4, (8, 8)),)}, "layers"),
        ({"options": Options(top=5, sample=16, batch=4, positions=2)}, "options"),
        ({"classes": ("dog", "cow")}, "classes"),
    ],
)
def test_going_on_with_another_scan(path, change, named):
    begun(path).close()
    with pytest.raises(UsageError, match=f"is of a scan with other {named}; give the same as then, or leave --resume"):
        AtlasWriter.resume(path, synthetic.manifest(**change))
    goes_on_to_the_golden_content(path)


@pytest.mark.slow
def test_other_software_and_another_day_may_go_on(path):
    begun(path).close()
    AtlasWriter.resume(path, synthetic.manifest(created="", versions={"numpy": "9"})).close()
    goes_on_to_the_golden_content(path)


def test_a_state_whose_bytes_were_changed(path):
    begun(path).close()
    connection = connect(path, "rw")
    connection.execute("UPDATE blobs SET data = zeroblob(length(data)) WHERE blob = (SELECT max(blob) FROM blobs)")
    connection.close()
    with (
        AtlasWriter.resume(path, synthetic.manifest()) as writer,
        pytest.raises(PhospheneError, match=r"is damaged \(its bytes are not those that were hashed\)"),
    ):
        _ = writer.state
