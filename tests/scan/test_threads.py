"""Loops run on as many threads as PyTorch does, and leave that number alone."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

numba = pytest.importorskip("numba")

CODE = """
import numba, numpy, torch
from phosphene.scan.kernel import reduced
for threads in (1, 2, 1):
    torch.set_num_threads(threads)
    reduced(numpy.ones((2, 8, 3), numpy.float32))
    print(torch.get_num_threads(), numba.get_num_threads())
"""


def test_the_number_of_threads_is_the_users():
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    most = numba.config.NUMBA_NUM_THREADS  # as many as there are cores
    assert ended.stdout.splitlines() == [f"{threads} {min(threads, most)}" for threads in (1, 2, 1)]
