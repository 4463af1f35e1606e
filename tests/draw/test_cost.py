"""What large sheets cost, in processor seconds and memory, each in a process of its own."""

import subprocess
import sys

import pytest

MEASURE = """
import resource, sys, time
import numpy as np
from PIL import Image
from phosphene.draw.colour import signed
from phosphene.draw.scaling import measure
from phosphene.draw.sheet import Sheet, Tile

count, size = map(int, sys.argv[1:])
values = np.random.default_rng(0).standard_normal((count, 3, size, size), dtype=np.float32)
Sheet([Tile()]).encoded(".png")  # the first sheet of a process reads the font
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.process_time()
drawn = signed(values, measure(values))
Sheet([Tile(Image.fromarray(tile), f"conv5:{i}", "0.83") for i, tile in enumerate(drawn)]).encoded(".png")
print(time.process_time() - start, peak() - before, peak())
"""


def cost(count, size):
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(count), str(size)], check=True, capture_output=True, text=True, timeout=280
    )
    return map(float, run.stdout.split())


def test_ninety_six_tiles_take_less_than_a_second():
    seconds, *_ = cost(96, 32)
    assert seconds < 1


@pytest.mark.slow
def test_512_tiles_of_224_pixels_take_less_than_five_seconds_and_half_a_gigabyte_of_their_own():
    seconds, megabytes, _ = cost(512, 224)
    assert seconds < 5
    assert megabytes < 500
