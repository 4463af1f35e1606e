"""A site of which the truth is known: the planted network's scan."""

from types import SimpleNamespace

import pytest

import phosphene as ph
from phosphene.atlas.reading import open_atlas
from phosphene.explore.documents import Documents
from phosphene.explore.site import Site
from tests.evidence import planted

PICTURES = 240


@pytest.fixture(scope="session")
def planted_path(tmp_path_factory):
    """The planted network's scan, with its pictures inside."""
    path = tmp_path_factory.mktemp("site") / "planted.atlas"
    ph.scan(
        planted.network(), planted.image_set(*planted.pictures(PICTURES, planted.fresh_seed())), path, ["act", "fc"]
    )
    return path


@pytest.fixture(scope="session")
def planted_site(planted_path):
    """Pages and files of the planted network's scan, and the network itself."""
    net = planted.network()
    with open_atlas(planted_path) as atlas:
        site = Site(atlas, net)
        yield SimpleNamespace(
            atlas=atlas,
            net=net,
            site=site,
            pages=Documents(Site(atlas, None, without="its weights are not at hand."), live=True),
            files=Documents(site, live=False),
        )
