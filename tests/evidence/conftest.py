from pathlib import Path

import pytest

from tests.evidence.scans import planted_atlas

QUICK = {"test_bootstrap.py", "test_ranks.py", "test_similarity.py"}
"""Closed forms; everything else here measures networks, which takes minutes together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def planted_scan(tmp_path_factory: pytest.TempPathFactory):
    """The planted network, its atlas, and the pictures that were scanned."""
    return planted_atlas(tmp_path_factory.mktemp("planted"))
