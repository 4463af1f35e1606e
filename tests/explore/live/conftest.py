"""What the tests of the live answers share."""

import pytest

import phosphene as ph
from tests.explore.live import handmade


@pytest.fixture(scope="session")
def hand_atlas(tmp_path_factory):
    """A scan of all layers of the network made by hand over its ten pictures, which are all kept."""
    path = tmp_path_factory.mktemp("hand") / "hand.atlas"
    layers = ["conv", "act", "pool"]
    with ph.scan(handmade.network(), handmade.pictures(), path, layers, positions=4) as atlas:
        yield atlas


@pytest.fixture
def net():
    return handmade.network()


@pytest.fixture
def live(net, hand_atlas):
    return handmade.live(net, hand_atlas, {"u-red": handmade.photo(9)})
