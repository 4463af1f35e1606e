"""Pages of a scan whose truth is known, read as a browser reads them."""

import csv
import io
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from phosphene.explore import paths
from tests.evidence import planted
from tests.explore.reading import data, links

ACT = paths.slugs(["act"])["act"]
KINDS = ("text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/webp",
         "image/png", "image/svg+xml", "application/json", "text/csv; charset=utf-8")  # fmt: skip


def page(site, path):
    return site.page(path)


def unit(name):
    return f"layers/{ACT}/{planted.index(name)}.html"


def index(documents):
    text = documents.get("search.js").body.decode()
    return json.loads(re.fullmatch(r"window\.phosphene_index = (.*);\n", text, re.S)[1])


@pytest.mark.slow
def test_every_path_of_the_files_leads_to_something(planted_site):
    known = list(planted_site.files.paths())
    assert len(known) == len(set(known))
    for path in known:
        found = planted_site.files.get(path)
        assert found is not None, path
        assert found.body
        assert found.kind in KINDS


@pytest.mark.slow
def test_every_address_in_the_files_is_one_of_them(planted_site):
    known = set(planted_site.files.paths())
    for path in known:
        if path.endswith(".html"):
            led = links(page(planted_site.files, path), path)
            assert not led - known - {"yours.html"}, path


@pytest.mark.slow
def test_the_pages_of_a_server_lead_to_pages_it_has(planted_site):
    for path in ("index.html", f"layers/{ACT}/index.html", unit("green"), f"layers/{ACT}/matrix.html", "search.html"):
        for led in links(page(planted_site.pages, path), path):
            assert planted_site.pages.get(led) is not None, f"{path} leads to {led}"


@pytest.mark.slow
def test_no_page_has_styles_or_scripts_of_its_own(planted_site):
    for path in planted_site.files.paths():
        if not path.endswith(".html"):
            continue
        for each in page(planted_site.files, path).everything():
            assert each.name != "style"
            assert not [name for name in each.attributes if name == "style" or name.startswith("on")]
            if each.name == "script":
                assert each.attributes.get("type") == "application/json" or each.attributes["src"]


def test_every_picture_has_words(planted_site):
    for path in ("index.html", f"layers/{ACT}/index.html", unit("upright"), f"layers/{ACT}/matrix.html"):
        shown = page(planted_site.files, path).all("img")
        assert shown
        assert all(len(each.attributes["alt"]) > 3 for each in shown)


def test_the_search_finds_what_was_planted(planted_site):
    found = index(planted_site.files)
    layers = [layer["name"] for layer in found["layers"]]
    assert found["layers"][layers.index("act")]["slug"] == ACT
    marked = [each for each in found["classes"]["marked"] if each[0] == layers.index("act")]
    areas = [area for _, _, area in marked]
    assert areas == sorted(areas, reverse=True)
    assert areas[[number for _, number, _ in marked].index(planted.index("marker"))] == max(areas) > 0.99
    units = [each for each in found["units"] if layers[each[0]] == "act"]
    assert [planted.UNITS[each[1]] for each in units if each[2]] == ["dead"]
    twins = {planted.UNITS[each[1]] for each in units if each[3]}
    assert {"upright", "copy", "slanted", "scaled"} <= twins
    assert not {"green", "dark", "marker", "border"} & twins
    greens = {planted.UNITS[each[1]]: dict(each[4]).get("green", 0) for each in units}
    assert max(greens, key=greens.get) == "green"


def test_a_dead_unit_says_so_and_shows_nothing(planted_site):
    found = page(planted_site.pages, unit("dead"))
    count = planted_site.atlas.progress.scanned
    assert f"Dead on {count:,} pictures" in found.one("summary").text
    assert not found.one("main").all("img")
    tile = next(
        each for each in page(planted_site.pages, f"layers/{ACT}/index.html").one("grid").all("a")
        if each.attributes["data-unit"] == str(planted.index("dead"))
    )  # fmt: skip
    assert f"dead on {count:,} pictures" in tile.text
    assert not tile.all("img")


def test_a_class_detector_says_so(planted_site):
    said = page(planted_site.pages, unit("marker")).one("summary").text
    assert "Detects marked" in said


def test_greenness_is_named(planted_site):
    said = page(planted_site.pages, unit("green")).one("summary").text
    assert re.search(r"explains \d+ % of it, most of it green", said)


def test_the_layer_page_says_what_the_atlas_says(planted_site):
    found = page(planted_site.pages, f"layers/{ACT}/index.html")
    told = data(found)
    names = [measure["name"] for measure in told["measures"]]
    rows = {each[0]: each[1:] for each in planted_site.atlas.query(
        "SELECT unit, maximum, mean, positive, explained FROM units WHERE layer = 'act'"
    )}  # fmt: skip
    for number, values in enumerate(told["values"]):
        mine = dict(zip(names, values, strict=True))
        for name, value in zip(("strongest", "mean", "active", "explained"), rows[number], strict=True):
            assert mine[name] == (None if value is None else pytest.approx(value, rel=1e-3)), (number, name)
    assert [each.attributes["data-unit"] for each in found.one("grid").all("a")] == [str(n) for n in sorted(rows)]


def test_sprites_hold_the_patches_themselves(planted_site):
    """Small patches are kept without loss: each cell is what the atlas cuts, pixel by pixel."""
    whole = 0
    for number in range(len(planted.UNITS)):
        mine = planted_site.atlas.unit("act", number)
        if not mine.stats.dead:
            found = planted_site.pages.get(f"media/{ACT}/{number}.webp")
            whole += same_patches(Image.open(io.BytesIO(found.body)).convert("RGBA"), mine)
    assert whole > 20


def same_patches(sprite, unit):
    cell, whole = sprite.width // 3, 0
    assert sprite.height == 4 * cell
    for place, example in [*enumerate(unit.examples[:9]), *enumerate(unit.typical, 9)]:
        patch = unit.patch(example)
        row, column = divmod(place, 3)
        shown = np.asarray(sprite.crop((column * cell, row * cell, (column + 1) * cell, (row + 1) * cell)))
        if patch.size == (cell, cell):
            whole += 1
            np.testing.assert_array_equal(shown[..., :3], np.asarray(patch))
        assert (shown[..., 3] == 255).sum() == patch.width * patch.height
    return whole


def test_what_was_cut_at_an_edge_is_moved_away_from_it(planted_site):
    number = planted.index("border")
    sprite = Image.open(io.BytesIO(planted_site.pages.get(f"media/{ACT}/{number}.webp").body))
    mine = planted_site.atlas.unit("act", number)
    cell, example = sprite.width // 3, mine.examples[0]
    seen = np.asarray(sprite.crop((0, 0, cell, cell)))[..., 3] > 0
    x0, y0, x1, y1 = example.box
    wide = x1 - x0
    assert wide < cell or y1 - y0 < cell
    if x0 == 0 and wide < cell:
        assert not seen[:, 0].any()
        assert seen[:, -1].any()
    if x1 == 32 and wide < cell:
        assert seen[:, 0].any()
        assert not seen[:, -1].any()


def test_projections_in_files_are_those_of_the_unit(planted_site):
    """The edge detector's projection is its own filter: bands of alternating sign along its direction."""
    number = planted.index("upright")
    found = Image.open(io.BytesIO(planted_site.files.get(f"media/{ACT}/{number}-projections.webp").body))
    cell = found.width // 3
    values = np.asarray(found.convert("RGB").crop((0, 0, cell, cell)), np.float64).mean(2) - 128
    across, down = np.abs(np.diff(values, axis=1)).mean(), np.abs(np.diff(values, axis=0)).mean()
    assert across > 2 * down


def test_a_server_computes_nothing_for_a_plain_address(planted_site):
    assert planted_site.pages.get(f"media/{ACT}/0-projections.webp") is None


def test_the_data_of_a_unit_is_the_atlas(planted_site):
    number = planted.index("blue")
    told = json.loads(planted_site.pages.get(f"layers/{ACT}/{number}.json").body)
    mine = planted_site.atlas.unit("act", number)
    assert told["unit"] == f"act:{number}"
    assert told["stats"]["maximum"] == mine.stats.maximum
    assert [each["value"] for each in told["strongest"]] == [example.value for example in mine.examples]
    assert told["strongest"][0]["name"] == mine.image(mine.examples[0]).name
    assert {row["other"] for row in told["correlated"]} == {row.other for row in mine.correlated}
    lines = list(csv.DictReader(io.StringIO(planted_site.pages.get(f"layers/{ACT}/{number}.csv").body.decode())))
    assert {line["question"]: line["value"] for line in lines}["maximum"] == str(mine.stats.maximum)


def test_the_matrix_is_the_correlations(planted_site):
    told = data(page(planted_site.pages, f"layers/{ACT}/matrix.html"))
    order = told["order"]
    many = len(planted.UNITS)
    assert sorted(order) == list(range(many))
    assert order[-1] == planted.index("dead")
    r = np.frombuffer(b64decode(told["r"]), np.int8).reshape(many, many) / 127
    place = {unit: at for at, unit in enumerate(order)}
    assert r[place[planted.index("upright")], place[planted.index("copy")]] == pytest.approx(1, abs=0.01)
    rows = planted_site.atlas.query("SELECT unit, other, r FROM correlations WHERE layer = 'act' AND r IS NOT NULL")
    for one, other, value in rows:
        assert r[place[one], place[other]] == pytest.approx(value, abs=0.005)
    picture = Image.open(io.BytesIO(planted_site.pages.get(f"media/{ACT}/matrix.png").body)).convert("RGB")
    assert picture.size == (many, many)
    red, _, blue = picture.getpixel((place[planted.index("upright")], place[planted.index("copy")]))
    assert red > blue


def test_a_picture_says_which_units_it_drives(planted_site):
    example = planted_site.atlas.unit("act", planted.index("marker")).examples[0]
    found = page(planted_site.pages, f"images/{example.image}.html")
    assert f"act:{example.unit}" in [each.text for each in found.all("a")]
    assert planted_site.pages.get(f"media/images/{example.image}.webp") is not None


def test_where_there_is_no_network_the_pages_say_why(planted_site):
    assert "its weights are not at hand." in page(planted_site.pages, unit("green")).one("projections").text
    assert "its weights are not at hand." in page(planted_site.pages, "yours.html").one("main").text


NOWHERE = """
/ index index.htm INDEX.HTML layers layers/ layers/act layers/act/ layers/act/999.html layers/act/-1.html
layers/act/01.html layers/act/1.0.html layers/act/\u0661.html layers/act/1.txt layers/none/1.html
layers/act/../act/1.html layers/act/1.html/ layers//1.html media/act/strip media/act/1 media/act/999.webp
media/images/99999999.webp media/images/x.webp images/-1.html images/1 images/99999999999999999999.html over/act/1
over/act/999.html assets/../documents.py assets/ assets/site.py assets/explorer.css/ ./index.html .. ../index.html
layers/act/1.html\0
"""


@pytest.mark.parametrize("path", ["", *NOWHERE.split()])
def test_there_is_nothing_at_other_paths(planted_site, path):
    assert planted_site.pages.get(path) is None
