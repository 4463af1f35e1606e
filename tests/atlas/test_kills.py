"""SIGKILL at any moment: the file opens, says how far it is, and the scan goes on to the same content."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic
from tests.atlas.driving import ROOT, drive
from tests.atlas.everything import everything

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).with_name("golden.atlas")


def scan(path: Path, stop: Callable[[list[str]], bool], delay: float = 0.0) -> tuple[list[str], bool]:
    return drive("tests.atlas.slow_scan", path, stop, delay)


def at_the_end(said: list[str]) -> bool:
    return said[-1] == "FINISH"


def after(lines: int) -> Callable[[list[str]], bool]:
    return lambda said: len(said) == lines


def check(path: Path, begun: list[int]) -> None:
    """Whatever was left opens and says how far it is: all shards but the last that was begun, or that one too."""
    if not path.exists():
        assert not begun
        return
    with open_atlas(path) as atlas:  # also rolls back what was half written
        assert atlas.progress.done == len(list(atlas.images)) + len(atlas.failures) == 2 * atlas.progress.shards
        assert atlas.progress.shards - max(begun, default=0) in (0, 1)


def survive(path: Path, seed: int, kills: int = 5, longest: float = 0.03) -> None:
    """Kill a scan at random moments, once while it finishes; let it end; it has the content of one that was not."""
    choose, begun, killed = random.Random(seed), [], 0
    for number in range(kills):
        lines, delay = choose.randint(1, 4), choose.uniform(0, longest)
        last = number == kills - 1
        said, dead = scan(path, at_the_end if last else after(lines), delay)
        begun += [int(line.removeprefix("SHARD ")) for line in said if line.startswith("SHARD ")]
        killed += dead
        check(path, begun)
    if killed < kills - 1 and longest > 0.001:  # a fast machine was done by then: sooner; the last one may be done
        path.unlink()
        survive(path, seed, kills, longest / 3)
        return
    said, _ = scan(path, lambda said: False)
    begun += [int(line.removeprefix("SHARD ")) for line in said if line.startswith("SHARD ")]
    assert said[-2] == "END"
    assert killed >= kills - 1
    assert len(begun) - len(set(begun)) <= killed, "a kill cost more than one shard"
    with open_atlas(path) as atlas, open_atlas(GOLDEN) as golden:
        assert atlas.content_hash() == golden.content_hash()
    assert [each.name for each in path.parent.iterdir() if not each.name.startswith(".")] == [path.name]


def test_five_kills(tmp_path):
    survive(tmp_path / "a.atlas", seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_fifty_kills(tmp_path, seed):
    survive(tmp_path / "a.atlas", seed)


COUNTS = "SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM failures), (SELECT count(*) FROM shards)"


def test_a_reader_that_looks_again_and_again(tmp_path):
    path = tmp_path / "a.atlas"
    AtlasWriter.create(path, synthetic.manifest()).close()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.atlas.slow_scan", str(path), "0.03"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    seen: list[int] = []
    with open_atlas(path) as followed:
        while process.poll() is None:
            with open_atlas(path) as atlas:
                ((images, failures, shards),) = atlas.query(COUNTS)
            assert images + failures == 2 * shards
            seen.append(len(list(followed.images)))
    assert process.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    with open_atlas(path) as atlas, open_atlas(GOLDEN) as golden:
        assert atlas.content_hash() == golden.content_hash()


# -- every single write -----------------------------------------------------------------------------------------------


def snapshots(folder: Path) -> list[Path]:
    """What lies on the disk before each statement of a commit: what a kill at that moment would leave."""
    path, found, said = folder / "live.atlas", [], []
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
        writer._sole.connection.execute("PRAGMA cache_size=1")  # writes reach the file before the commit

        def keep(statement: str) -> None:
            copy = folder / f"{len(found)}.atlas"
            shutil.copyfile(path, copy)
            if (journal := folder / "live.atlas-journal").exists():
                shutil.copyfile(journal, folder / f"{len(found)}.atlas-journal")
            found.append(copy)
            said.append(statement)

        writer._sole.connection.set_trace_callback(keep)
        writer.commit(synthetic.shard(1))
        writer._sole.connection.set_trace_callback(None)
    return found[: said.index("COMMIT") + 1]


def test_whatever_a_commit_leaves_behind_opens_as_the_shard_before(tmp_path):
    copies = snapshots(tmp_path)
    hot = [copy for copy in copies if Path(f"{copy}-journal").exists()]
    assert len(hot) > 10
    for copy in copies:
        with open_atlas(copy) as atlas:
            assert atlas.progress.shards == 1
        AtlasWriter.resume(copy, synthetic.manifest()).close()
        assert not Path(f"{copy}-journal").exists()
    with AtlasWriter.resume(hot[len(hot) // 2], synthetic.manifest()) as writer:
        assert (writer.done, writer.fingerprint) == (8, synthetic.fingerprint(8))
        synthetic.write(writer)
    with open_atlas(hot[len(hot) // 2]) as atlas, open_atlas(GOLDEN) as golden:
        assert everything(atlas)["units"] == everything(golden)["units"]
        assert atlas.content_hash() == golden.content_hash()


def test_a_journal_of_an_atlas_that_is_gone_is_not_rolled_into_a_new_one(tmp_path):
    (tmp_path / "killed").mkdir()
    snapshots(tmp_path / "killed")
    journal = max((tmp_path / "killed").glob("*-journal"), key=lambda path: path.stat().st_size)
    assert journal.stat().st_size > 1000
    path = tmp_path / "new.atlas"
    shutil.copyfile(journal, tmp_path / "new.atlas-journal")
    AtlasWriter.create(path, synthetic.manifest()).close()
    with open_atlas(path) as atlas:
        assert atlas.progress.done == 0
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["new.atlas"]
