"""Scan in a process of its own, to be killed. usage: slow_scan.py FILE; says READY, then writes as it can."""

import sys
import time
from pathlib import Path

from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic

if __name__ == "__main__":
    path = Path(sys.argv[1])
    print("READY", flush=True)  # noqa: T201 - the test waits for it
    writer = (AtlasWriter.resume if path.exists() else AtlasWriter.create)(path, synthetic.manifest())
    with writer:
        print("BEGAN", writer.progress.shards, flush=True)  # noqa: T201
        for number in range(writer.progress.shards, synthetic.IMAGES // synthetic.SHARD):
            print("SHARD", number, flush=True)  # noqa: T201
            writer.commit(synthetic.shard(number))
            time.sleep(0.02)
        synthetic.write(writer)
        print("END", flush=True)  # noqa: T201
