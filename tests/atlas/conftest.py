"""An atlas whose scan has come to its end, and of which nothing was measured yet."""

import pytest

from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic


@pytest.fixture(scope="session")
def scan_bytes(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("scan") / "a.atlas"
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        synthetic.write(writer)
    return path.read_bytes()


@pytest.fixture
def scanned(tmp_path, scan_bytes):
    (tmp_path / "a.atlas").write_bytes(scan_bytes)
    return tmp_path / "a.atlas"
