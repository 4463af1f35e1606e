"""Measure the units of an atlas in a process of its own, to be killed. usage: slow_trust.py FILE; says what is next."""

import sys
import time
from pathlib import Path

from phosphene.atlas.trusting import TrustWriter
from tests.atlas import trusted

PART = 2


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    with TrustWriter.open(Path(sys.argv[1]), trusted.ABOUT) as writer:
        todo = [unit for unit in trusted.units() if unit not in writer.measured]
        say("OPEN", len(writer.measured))
        while todo:
            say("ADD", len(trusted.units()) - len(todo))
            writer.add(row for unit in todo[:PART] for row in trusted.of(*unit))
            del todo[:PART]
            time.sleep(0.005)
        say("END")
