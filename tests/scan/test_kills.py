"""Scans of real pictures that are killed as a power cut would, at any moment, and go on."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from tests.scan.brute import SIZE

COUNT = 96
SCAN = """
import sys
from phosphene.scan import run
from tests.scan.brute import network
run.SHARD = 8
run.scan(network(), sys.argv[1], sys.argv[2], ["relu", "conv2"], top=5, sample=16, batch=4, resume=sys.argv[3] == "yes",
         tell=lambda event: print(event, flush=True)).close()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(2)
    for i in range(COUNT):
        Image.fromarray(draw.integers(0, 256, (*SIZE, 3), np.uint8)).save(root / f"{i:03}.png")
    return root


def begun(folder, out, resume):
    command = [sys.executable, "-c", SCAN, str(folder), str(out), "yes" if resume else "no"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """The content of a scan that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "a.atlas"
    said, errors = begun(folder, out, resume=False).communicate(timeout=120)
    assert "Progress" in said, errors
    with ph.open_atlas(out) as atlas:
        return atlas.content_hash()


def killed_after(folder, out, events, wait):
    """Kill a scan some time after it has told of so many events; it may have come to its end by then."""
    process = begun(folder, out, resume=out.exists())
    for _ in range(events):
        process.stdout.readline()
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def survives(folder, out, seed, whole):
    draw = random.Random(seed)
    assert killed_after(folder, out, draw.randrange(1, 12), draw.random() * 0.03)
    killed_after(folder, out, draw.randrange(1, 8), draw.random() * 0.03)
    with ph.open_atlas(out) as atlas:
        done = atlas.progress.done
        assert done % 8 == 0 or done == COUNT
    said, errors = begun(folder, out, resume=True).communicate(timeout=120)
    with ph.open_atlas(out) as atlas:
        assert atlas.complete, errors
        assert atlas.content_hash() == whole
    if done < COUNT:
        assert f"Progress(done={done + 4}," in said.splitlines()[0]  # nothing that was committed is done again


@pytest.mark.parametrize("seed", range(2))
def test_it_goes_on_to_the_same_content(folder, tmp_path, seed, whole):
    survives(folder, tmp_path / "a.atlas", seed, whole)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_it_goes_on_to_the_same_content_again_and_again(folder, tmp_path, seed, whole):
    survives(folder, tmp_path / "a.atlas", seed, whole)
