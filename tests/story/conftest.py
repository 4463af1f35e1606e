"""What the tests of the story share."""

import pytest

from tests.story import tiny


@pytest.fixture
def material(tmp_path):
    return tiny.material(tmp_path / "pictures")


@pytest.fixture
def net():
    return tiny.network()
