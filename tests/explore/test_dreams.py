"""The pictures that were made to drive units, on the pages of a scan that keeps some."""

import io
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from phosphene.atlas.dreaming import DreamWriter
from phosphene.atlas.reading import open_atlas
from phosphene.explore import paths
from phosphene.explore.documents import Documents
from phosphene.explore.site import Site
from tests.atlas import dreamt
from tests.atlas.test_notebook import EVIL
from tests.evidence import planted
from tests.explore.reading import links, read

ACT = paths.slugs(["act"])["act"]
GREEN, DARK, DEAD = (planted.index(name) for name in ("green", "dark", "dead"))


def rows(unit, count, **changes):
    shown = ((replace(dreamt.row("relu1", 0, rank), layer="act", unit=unit), rank) for rank in range(count))
    return [(replace(row, **changes), dreamt.picture(rank)) for row, rank in shown]


@pytest.fixture(scope="module")
def site(planted_path, tmp_path_factory):
    path = shutil.copy(planted_path, tmp_path_factory.mktemp("dreams") / "a.atlas")
    with DreamWriter.open(path) as writer:
        writer.store("act", GREEN, rows(GREEN, 14))
        writer.store("act", DARK, rows(DARK, 1, method=EVIL, sentence=EVIL, caution=EVIL, options=EVIL))
    with open_atlas(path) as atlas:
        shown = Site(atlas, None, without="its weights are not at hand.")
        yield SimpleNamespace(atlas=atlas, pages=Documents(shown), files=Documents(shown, live=False))


def page(documents, unit):
    return read(documents.get(f"layers/{ACT}/{unit}.html").body)


def test_a_unit_shows_its_pictures_with_their_figures_and_a_warning(site):
    found = page(site.pages, GREEN).one("dreams")
    assert len(found.all("img")) == 12
    assert {each.attributes["src"] for each in found.all("img")} == {f"../../media/{ACT}/{GREEN}-dream.webp"}
    assert found.all("img")[1].attributes["alt"] == f"what drives act:{GREEN} most, from seed 8: 3.12"
    assert "The first 12 of 14." in found.text
    assert "Between seeds: correlation of pixels 0.10, structure 0.20." in found.text
    assert "fourier, 64 steps" in found.text
    assert "Such pictures can lie" in found.text
    first = [cell.text for cell in found.all("tr")[1].all("td")]
    assert first == ["7", "3.00", "6.00", "1.50", "100.0 %"]


def test_the_sprite_holds_the_pictures_themselves(site):
    sprite = Image.open(io.BytesIO(site.pages.get(f"media/{ACT}/{GREEN}-dream.webp").body)).convert("RGBA")
    assert sprite.size == (3 * 12, 4 * 12)
    for rank, dream in enumerate(site.atlas["act"][GREEN].dreams[:12]):
        row, column = divmod(rank, 3)
        cell = np.asarray(sprite.crop((12 * column, 12 * row, 12 * column + 12, 12 * row + 12)))
        np.testing.assert_array_equal(cell[1:11, :, :3], np.asarray(dream.picture))


def test_a_unit_without_says_how_to_make_one(site):
    other = page(site.pages, planted.index("blue"))
    assert f"phosphene dream {site.atlas.manifest.network} act:" in other.one("dreams").text
    assert "--atlas a.atlas --store" in other.one("dreams").text
    assert site.pages.get(f"media/{ACT}/{planted.index('blue')}-dream.webp") is None
    assert "What drives it most" not in page(site.pages, DEAD).text


def options(documents, layer):
    found = read(documents.get(f"layers/{layer}/index.html").body)
    dreams = [each.attributes["data-unit"] for each in found.one("grid").all("a") if "data-dream" in each.attributes]
    return [each.attributes["value"] for each in found.one("tools").all("option")], dreams


def test_a_layer_offers_them_where_some_unit_has_one(site):
    views, units = options(site.pages, ACT)
    assert "dream" in views
    assert sorted(map(int, units)) == sorted([GREEN, DARK])
    views, units = options(site.pages, paths.slugs(["act", "fc"])["fc"])
    assert "dream" not in views
    assert units == []


@pytest.mark.slow
def test_files_hold_them_too(site):
    known = set(site.files.paths())
    held = {path for path in known if path.endswith("-dream.webp")}
    assert held == {f"media/{ACT}/{GREEN}-dream.webp", f"media/{ACT}/{DARK}-dream.webp"}
    assert held < {
        led for path in known if path.endswith(".html") for led in links(read(site.files.get(path).body), path)
    }
    for path in held:
        assert site.files.get(path).body == site.pages.get(path).body


def test_the_figures_for_other_programs(site):
    told = json.loads(site.pages.get(f"layers/{ACT}/{GREEN}.json").body)["dreams"]
    assert [each["seed"] for each in told] == list(range(7, 21))
    assert told[0]["ratio"] == 1.5
    assert "source" not in told[0]


def test_whatever_an_atlas_says_is_text(site):
    found = page(site.pages, DARK)
    assert found.one("dreams").text.count(EVIL) == 3
    for each in found.one("dreams").everything():
        assert each.name != "script"
        assert not [name for name in each.attributes if name.startswith("on")]
