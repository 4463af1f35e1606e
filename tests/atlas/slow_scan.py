"""Scan in a process of its own, to be killed. usage: slow_scan.py FILE [PAUSE]; says what comes next."""

import sys
import time
from pathlib import Path

from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic

SHARD = 2


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    path = Path(sys.argv[1])
    say("OPEN")
    with (AtlasWriter.resume if path.exists() else AtlasWriter.create)(path, synthetic.manifest()) as writer:
        for number in range(writer.progress.shards, synthetic.IMAGES // SHARD):
            say("SHARD", number)
            writer.commit(synthetic.shard(number, SHARD))
            time.sleep(float(*sys.argv[2:]))
        say("FINISH")
        synthetic.write(writer, SHARD)
        say("END")
