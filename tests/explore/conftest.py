"""A site of which the truth is known: the planted network's scan."""

from types import SimpleNamespace

import pytest

import phosphene as ph
from phosphene.atlas.reading import open_atlas
from phosphene.explore.documents import Documents
from phosphene.explore.export import export
from phosphene.explore.site import Site
from tests.evidence import planted
from tests.explore.reading import read

PICTURES = 240


@pytest.fixture(scope="session")
def planted_path(tmp_path_factory):
    """The planted network's scan, with its pictures inside."""
    path = tmp_path_factory.mktemp("site") / "planted.atlas"
    ph.scan(
        planted.network(), planted.image_set(*planted.pictures(PICTURES, planted.fresh_seed())), path, ["act", "fc"]
    )
    return path


class Once(Documents):
    """Documents that are made once, however often the tests ask for them; and pages that are read once."""

    def __init__(self, site, live):
        super().__init__(site, live)
        self._made, self._read = {}, {}

    def get(self, path):
        if path not in self._made:
            self._made[path] = super().get(path)
        return self._made[path]

    def page(self, path):
        if path not in self._read:
            self._read[path] = read(self.get(path).body)
        return self._read[path]


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
            pages=Once(Site(atlas, None, without="its weights are not at hand."), live=True),
            files=Once(site, live=False),
        )


@pytest.fixture(scope="session")
def planted_files(planted_site, tmp_path_factory):
    """All of the planted network's scan, written into a folder: what was found, where, and what was told meanwhile."""
    told = []
    found = export(planted_site.site, tmp_path_factory.mktemp("export") / "whole", lambda *step: told.append(step))
    return SimpleNamespace(found=found, folder=found.page.parent, told=told)
