"""Write the golden atlas of the tests anew, after a change of the format. usage: golden_atlas.py FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from phosphene.atlas.trusting import TrustWriter
from phosphene.atlas.writing import AtlasWriter
from tests.atlas import dreamt, synthetic, trusted


def write(path: Path) -> None:
    """Write the synthetic scan of the tests to a new file, what was measured of some of its units, and dreams."""
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        synthetic.write(writer)
    with TrustWriter.open(path, trusted.ABOUT) as writer:
        writer.add(trusted.rows())
    dreamt.store(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
