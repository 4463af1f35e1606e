"""SIGKILL at any moment: the file opens, says how far it is, and the scan goes on to the same content."""

import random
import shutil
import signal
import subprocess
import sys
from itertools import count, pairwise
from pathlib import Path

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic
from tests.atlas.everything import everything

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden.atlas")
SCAN = [sys.executable, "-m", "tests.atlas.slow_scan"]


def killed_after(path: Path, seconds: float) -> list[str]:
    """Scan, killed this long after it is ready, unless it ends before; return what it said."""
    scan = subprocess.Popen([*SCAN, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert scan.stdout is not None
    scan.stdout.readline()
    try:
        scan.wait(seconds)
    except subprocess.TimeoutExpired:
        scan.send_signal(signal.SIGKILL)
    said = scan.stdout.read()
    scan.wait()
    return said.split()


def survive(path: Path, kills: int, seed: int) -> None:
    """Kill a scan again and again until it was killed so often; then let it end."""
    choose = random.Random(seed)
    begun: list[int] = []
    for number in count():
        last = number >= kills
        said = killed_after(path, 120 if last else choose.uniform(0, 0.5))
        begun += [int(word) for before, word in pairwise(said) if before == "SHARD"]
        if path.exists():
            with open_atlas(path) as atlas:  # also rolls back what was half written
                assert atlas.progress.done == len(atlas.images) + len(atlas.failures)
                assert atlas.progress.shards in (max(begun, default=-1), max(begun, default=-1) + 1)
        if "END" in said:
            break
    repeated = len(begun) - len(set(begun))
    assert repeated <= number, "a kill cost more than one shard"


def expected() -> str:
    with open_atlas(GOLDEN) as atlas:
        return atlas.content_hash()


def left_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir() if not each.name.startswith(".")]


@pytest.mark.parametrize("seed", range(2))
def test_a_scan_that_is_killed_three_times(tmp_path, seed):
    survive(tmp_path / "a.atlas", 3, seed)
    with open_atlas(tmp_path / "a.atlas") as atlas:
        assert atlas.content_hash() == expected()
    assert left_in(tmp_path) == ["a.atlas"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_fifty_kills(tmp_path, seed):
    survive(tmp_path / "a.atlas", 5, seed)
    with open_atlas(tmp_path / "a.atlas") as atlas:
        assert atlas.content_hash() == expected()
    assert left_in(tmp_path) == ["a.atlas"]


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
