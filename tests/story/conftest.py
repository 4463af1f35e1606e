"""What the tests of the story share."""

import pytest

from phosphene.sources.images import images
from phosphene.story.material import Material
from phosphene.story.scanned import scanned
from tests.story import tiny


@pytest.fixture
def net():
    return tiny.network()


@pytest.fixture
def pictures(tmp_path):
    return images(tiny.folder(tmp_path / "pictures"))


@pytest.fixture
def atlas(net, pictures, tmp_path):
    with scanned(net, pictures, tmp_path / "tiny.atlas", tiny.quiet) as atlas:
        yield atlas


@pytest.fixture
def material(pictures, atlas):
    return Material.of(pictures, pictures, atlas)
