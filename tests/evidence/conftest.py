import pytest

from tests.evidence.scans import planted_atlas


@pytest.fixture(scope="session")
def planted_scan(tmp_path_factory: pytest.TempPathFactory):
    """The planted network, its atlas, and the pictures that were scanned."""
    return planted_atlas(tmp_path_factory.mktemp("planted"))
