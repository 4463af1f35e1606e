"""Store dreams into an atlas in a process of its own, again and again, to be killed. usage: slow_dream.py FILE."""

import sys
from pathlib import Path

from phosphene.atlas.dreaming import DreamWriter
from tests.atlas import dreamt

if __name__ == "__main__":
    with DreamWriter.open(Path(sys.argv[1])) as writer:
        for time in range(10_000):
            print("STORE", time, flush=True)  # noqa: T201 - the test reads it
            writer.store("relu1", 0, dreamt.of("relu1", 0, 1 + time % 3))
