"""Scans of real pictures that are killed as a power cut would, at any moment, and go on."""

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from phosphene.scan.run import Finishing, Progress
from tests.scan.brute import SIZE
from tests.scan.killed import BATCH, SHARD, End, scanned

pytestmark = pytest.mark.slow

COUNT = 64
LAST = COUNT // BATCH  # the event that tells of the last pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(2)
    for i in range(COUNT):
        Image.fromarray(draw.integers(0, 256, (*SIZE, 3), np.uint8)).save(root / f"{i:03}.png")
    return root


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """The content of a scan that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "a.atlas"
    ended, told = scanned(folder, out)
    assert ended
    assert [event.done for event in told if isinstance(event, Progress)] == list(range(BATCH, COUNT + 1, BATCH))
    assert isinstance(told[-1], Finishing)
    with ph.open_atlas(out) as atlas:
        return atlas.content_hash()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (End(1, 0), End(1, 0.02)),  # before anything was committed
        (End(2, 0.002), End(2, 0.006)),  # while the first shard is
        (End(7, 0.01), End(6, 0)),  # within a shard, and while one is committed
        (End(11, 0.03), End(1, 0.03)),
        (End(LAST, 0), End(1, 0)),  # while the last shard is committed, and when it begins again
        (End(LAST + 1, 0.01), End(1, 0.04)),  # while the atlas is finished, twice
    ],
)
def test_it_goes_on_to_the_same_content(folder, tmp_path, first, second, whole):
    out = tmp_path / "a.atlas"
    while scanned(folder, out, first)[0]:  # a fast machine was done by then: sooner
        assert first.seconds
        first = End(first.events, first.seconds / 4 if first.seconds > 1e-4 else 0)
        out.unlink()
    scanned(folder, out, second)
    with ph.open_atlas(out) as atlas:
        done, complete = atlas.progress.done, atlas.complete
        assert done % SHARD == 0
    ended, told = scanned(folder, out)
    with ph.open_atlas(out) as atlas:
        assert ended
        assert atlas.complete
        assert atlas.content_hash() == whole
    if not complete:
        events = [event.done for event in told if isinstance(event, Progress)]
        assert events == list(range(done + BATCH, COUNT + 1, BATCH))  # nothing that was committed is done again
