"""What sheets of many tiles cost, in processor seconds and memory, in a process of their own."""

import subprocess
import sys

import pytest

MEASURE = """
import resource, time
import numpy as np
from PIL import Image
from phosphene.draw.colour import signed
from phosphene.draw.scaling import measure
from phosphene.draw.sheet import Sheet, Tile

Sheet([Tile()]).encoded(".png")  # the first sheet of a process reads the font
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for count, size in ((96, 32), (512, 224)):
    values = np.random.default_rng(0).standard_normal((count, 3, size, size), dtype=np.float32)
    before, start = peak(), time.process_time()
    drawn = signed(values, measure(values))
    Sheet([Tile(Image.fromarray(tile), f"conv5:{i}", "0.83") for i, tile in enumerate(drawn)]).encoded(".png")
    print(time.process_time() - start, peak() - before)
"""


@pytest.fixture(scope="module")
def costs():
    """Seconds and megabytes, of 96 tiles of 32 pixels and of 512 tiles of 224."""
    run = subprocess.run([sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True, timeout=280)
    return [tuple(map(float, line.split())) for line in run.stdout.splitlines()]


@pytest.mark.slow
def test_ninety_six_tiles_take_less_than_a_second(costs):
    assert costs[0][0] < 1


@pytest.mark.slow
def test_512_tiles_of_224_pixels_take_less_than_five_seconds_and_half_a_gigabyte_of_their_own(costs):
    seconds, megabytes = costs[1]
    assert seconds < 5
    assert megabytes < 500
