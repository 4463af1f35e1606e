"""The explorer as files: what is in the folder, where its pages lead, and what strangers' names cannot do there."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

import phosphene as ph
from phosphene.atlas.reading import open_atlas
from phosphene.errors import PhospheneError
from phosphene.explore import export as exporting
from phosphene.explore.documents import Documents
from phosphene.explore.export import MAKER, export, projecting
from phosphene.explore.paths import slugs
from phosphene.explore.site import Site
from phosphene.sources.images import images
from tests.atlas import synthetic
from tests.evidence import planted
from tests.explore.reading import data, links, read
from tests.explore.test_hostile import HOSTILE, site_of
from tests.story import tiny

pytestmark = pytest.mark.slow


def files(folder):
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def pages(folder):
    return {path: read((folder / path).read_bytes()) for path in files(folder) if path.endswith(".html")}


def led(pages):
    """Return what pages lead to or show, as (page, path in the folder or outside address)."""
    return {(path, address) for path, page in pages.items() for address in links(page, path)}


def dead(folder):
    """Return the links of a folder's pages that lead to nothing there."""
    there = files(folder)
    return {(path, address) for path, address in led(pages(folder)) if address not in there}


def index(folder):
    text = (folder / "search.js").read_text(encoding="utf-8")
    return json.loads(re.fullmatch(r"window\.phosphene_index = (.*);\n", text, re.S)[1])


@pytest.fixture(scope="module")
def whole(planted_files):
    """Everything of the planted network's scan."""
    return SimpleNamespace(**vars(planted_files), pages=pages(planted_files.folder))


@pytest.fixture(scope="module")
def some(planted_site, tmp_path_factory):
    """Three units of each layer."""
    folder = tmp_path_factory.mktemp("export") / "some"
    export(replace(planted_site.site, units=3), folder, tiny.quiet)
    return SimpleNamespace(folder=folder, pages=pages(folder))


# -- what is written -----------------------------------------------------------------------------------------------


def test_every_page_and_picture_is_a_file(whole, planted_site):
    known = set(planted_site.files.paths())
    assert files(whole.folder) == {*known, MAKER.manifest}
    assert set(json.loads((whole.folder / MAKER.manifest).read_text())["files"]) == files(whole.folder)
    for path in known:
        body = (whole.folder / path).read_bytes()
        if not path.endswith(".html"):
            assert body == planted_site.files.get(path).body, path


def test_every_address_is_a_file_of_the_folder(whole):
    there = files(whole.folder)
    addresses = led(whole.pages)
    assert len(addresses) > 1000
    assert {address for _, address in addresses} <= there


def test_no_file_names_an_address_outside(whole):
    for path in files(whole.folder):
        if path.endswith((".css", ".js", ".svg")):
            text = (whole.folder / path).read_text(encoding="utf-8")
            text = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
            assert not re.search(r"https?:|@import|url\((?!data:|#)|src=\"(?!data:)", text), path


def test_every_page_keeps_to_itself_in_a_browser(whole):
    for path, page in whole.pages.items():
        policies = [each.attributes["content"] for each in page.all("meta") if "http-equiv" in each.attributes]
        assert len(policies) == 1, path
        rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == "'self' file:"
        assert b"<!--token-->" not in (whole.folder / path).read_bytes()


def test_the_sizes_are_those_on_the_disk(whole):
    there = {path: (whole.folder / path).stat().st_size for path in files(whole.folder) - {MAKER.manifest}}
    assert whole.found.total.files == len(there)
    assert whole.found.total.bytes == sum(there.values())
    assert whole.found.kinds["pages"].files == sum(path.endswith(".html") for path in there)
    assert whole.found.kinds["figures"].bytes == sum(size for path, size in there.items() if path.endswith(".svg"))
    assert whole.found.units == len(planted.UNITS) + len(planted.CLASSES)


def test_it_tells_how_far_it_is(whole):
    steps = dict.fromkeys(step for step, *_ in whole.told)
    assert [step.rsplit(" ", 1)[1] for step in steps] == ["units", "pictures"]
    for step in steps:
        done = [(rest[0], rest[1]) for said, *rest in whole.told if said == step and rest]
        assert done == [(number, len(done)) for number in range(len(done))]


# -- some of the units ---------------------------------------------------------------------------------------------


def test_with_some_units_no_link_is_dead(some):
    there = files(some.folder)
    assert not {(page, address) for page, address in led(some.pages) if address not in there}
    assert {path for path in there if re.fullmatch(r"layers/act/\d+\.html", path)} == {
        f"layers/act/{unit}.html" for unit in range(3)
    }


def test_with_some_units_pages_say_so(some):
    shown = some.pages
    for page in shown.values():
        assert "Here are the first 3 units of each layer" in page.text
    layer = shown["layers/act/index.html"]
    assert f"{len(planted.UNITS)} units (here: the first 3)" in layer.text
    assert layer.one("count").text == "3 units"
    assert len(layer.all("a", "tile")) == len(data(layer)["values"]) == len(data(layer)["words"]) == 3


def test_a_relative_that_is_left_out_is_named_and_leads_nowhere(some, planted_site):
    unit = planted_site.atlas[planted.address("dark")]
    others = {row.other for row in unit.correlated if row.other >= 3 and row.r == row.r}
    relatives = some.pages[f"layers/act/{unit.index}.html"].all("div", "relatives")[0]
    left_out = [each for each in relatives.all("span", "tile") if "not in these files" in each.text]
    assert left_out
    assert {int(each.all("span", "n")[0].text) for each in left_out} <= others
    assert {int(each.all("span", "n")[0].text) for each in relatives.all("a", "tile")} <= set(range(3))


def test_the_last_unit_that_is_there_has_no_next(some):
    page = some.pages["layers/act/2.html"]
    assert {each.attributes.get("rel") for each in page.all("a")} & {"prev", "next"} == {"prev"}


def test_a_search_finds_only_what_is_there(some, whole):
    found, all_ = index(some.folder), index(whole.folder)
    assert {unit for _, unit, *_ in found["units"]} == set(range(3))
    assert len(all_["units"]) == whole.found.units
    for name in planted.CLASSES:
        assert found["classes"][name] == [row for row in all_["classes"][name] if row[1] < 3]


def test_the_matrix_is_of_all_units_and_leads_to_those_that_are_there(some, whole):
    page = some.pages["layers/act/matrix.html"]
    assert len(data(page)["order"]) == len(planted.UNITS)
    assert data(page)["shown"] == 3
    rows = whole.pages["layers/act/matrix.html"].all("td")
    assert [cell.text for cell in page.all("td")] == [cell.text for cell in rows]
    assert {link.attributes["href"] for link in page.all("table")[0].all("a")} <= {f"{unit}.html" for unit in range(3)}


def test_more_units_than_there_are_is_all(planted_site, whole, tmp_path):
    found = export(
        replace(planted_site.site, units=10_000, net=None, without="not asked for", drawn=False),
        tmp_path / "x",
        tiny.quiet,
    )
    assert found.units == whole.found.units


def test_without_figures_nothing_leads_to_them(site, tmp_path):
    found = export(replace(site, drawn=False), tmp_path / "out", tiny.quiet)
    assert found.kinds["figures"].files == 0
    assert not dead(tmp_path / "out")
    assert ">SVG</a>" not in (tmp_path / "out" / "layers/relu2/0.html").read_text(encoding="utf-8")


# -- folders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path):
    """A scan of nothing, quickly written."""
    with open_atlas(tmp_path / "golden.atlas") as atlas:
        yield Site(atlas, without="It is not here.")


@pytest.fixture(autouse=True)
def golden(request, tmp_path):
    if "site" in request.fixturenames:
        content = (request.path.parents[1] / "atlas" / "golden.atlas").read_bytes()
        (tmp_path / "golden.atlas").write_bytes(content)


def test_an_earlier_export_is_replaced_and_what_is_no_more_is_gone(site, tmp_path):
    folder = tmp_path / "out"
    export(site, folder, tiny.quiet)
    before = files(folder)
    (folder / "mine.txt").write_text("mine")
    export(replace(site, units=1), folder, tiny.quiet)
    assert files(folder) < {*before, "mine.txt"}
    assert (folder / "mine.txt").read_text() == "mine"
    assert "layers/relu2/11.html" in before - files(folder)
    assert not dead(folder)


def test_a_folder_with_something_else_is_refused_and_left_alone(site, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "index.html").write_text("mine")
    with pytest.raises(PhospheneError, match=r"out' holds files of something else; give another folder$"):
        export(site, folder, tiny.quiet)
    assert files(folder) == {"index.html"}


def test_a_failure_half_way_leaves_nothing(site, tmp_path, monkeypatch):
    plain = Documents.get

    def fail(self, path):
        if path == "layers/relu2/7.html":
            raise PhospheneError("no")
        return plain(self, path)

    monkeypatch.setattr(exporting.Documents, "get", fail)
    with pytest.raises(PhospheneError, match=r"^no$"):
        export(site, tmp_path / "out", tiny.quiet)
    assert [each.name for each in tmp_path.iterdir()] == ["golden.atlas"]


def test_without_the_network_pages_say_why(site, tmp_path):
    found = export(site, tmp_path / "out", tiny.quiet)
    assert found.without == "It is not here."
    assert not [path for path in files(tmp_path / "out") if path.endswith("-projections.webp")]
    assert "No projections: It is not here." in pages(tmp_path / "out")["layers/relu2/0.html"].text


def test_a_scan_that_is_not_at_its_end_has_no_pages(tmp_path):
    from phosphene.atlas.writing import AtlasWriter

    with AtlasWriter.create(tmp_path / "begun.atlas", synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
    with open_atlas(tmp_path / "begun.atlas") as atlas, pytest.raises(PhospheneError, match="has not come to its end"):
        export(Site(atlas, without="no"), tmp_path / "out", tiny.quiet)
    assert not (tmp_path / "out").exists()


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path):
    """A scan of pictures of which one is larger than an atlas's copies."""
    place = tiny.folder(tmp_path / "pictures")
    tiny.picture(0).resize((300, 200)).save(place / "cat" / "large.png")
    net = tiny.network()
    ph.scan(net, images(place), tmp_path / "large.atlas").close()
    with open_atlas(tmp_path / "large.atlas") as atlas:
        yield SimpleNamespace(atlas=atlas, net=net, images=images(place))


def test_pictures_that_are_not_whole_are_not_projected(large, tmp_path):
    found = export(Site(large.atlas, large.net), tmp_path / "out", tiny.quiet)
    assert "give those scanned with --images" in found.without
    assert f"No projections: {found.without}" in pages(tmp_path / "out")["layers/relu2/0.html"].text


def test_pictures_that_are_given_are_projected(large, tmp_path):
    found = export(Site(large.atlas, large.net, large.images), tmp_path / "out", tiny.quiet)
    assert found.without == ""
    assert (tmp_path / "out" / "media" / "relu2" / "0-projections.webp").is_file()


def test_pictures_that_are_whole_are_projected(planted_site):
    assert projecting(planted_site.site) is planted_site.site


def test_an_atlas_without_pictures(tmp_path):
    ph.scan(tiny.network(), images(tiny.folder(tmp_path / "p")), tmp_path / "a.atlas", keep_images=False).close()
    with open_atlas(tmp_path / "a.atlas") as atlas:
        found = export(Site(atlas, tiny.network()), tmp_path / "out", tiny.quiet)
    assert found.without
    assert not [path for path in files(tmp_path / "out") if path.startswith("media/images/")]
    assert not dead(tmp_path / "out")


# -- names -----------------------------------------------------------------------------------------------------------

MORE = (
    "../../x",
    "..",
    "/etc/passwd",
    "C:\\x",
    "%2e%2e%2f",
    "con",
    "images",
    "x" * 5000,
    "a\nb",
    "nul\0byte",
    "\u202e\u200f",
    "=1+1",
)
NAMES = (*HOSTILE, *MORE)


def test_a_layers_name_becomes_a_plain_word_of_its_own():
    found = slugs(NAMES)
    assert list(found) == list(NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", slug) for slug in found.values())
    assert len({slug.lower() for slug in found.values()} - {"images"}) == len(NAMES)


@pytest.mark.parametrize("at", range(0, len(NAMES), 9))
def test_no_name_leads_out_of_the_folder(tmp_path, monkeypatch, at):
    site = site_of(tmp_path / "evil.atlas", NAMES[at:] + NAMES[:at], monkeypatch)
    site = replace(site, drawn=at == 0)  # nothing is led to by figures
    out = tmp_path / "out"
    with site.atlas:
        export(site, out, tiny.quiet)
    assert {each.name for each in tmp_path.iterdir()} == {"evil.atlas", "out"}
    there = files(out)
    assert all(re.fullmatch(r"([A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.[a-z]+", path) for path in there)
    assert len({path.lower() for path in there}) == len(there)
    shown = pages(out)
    assert not {(page, address) for page, address in led(shown) if address not in there}
    for page in shown.values():
        for each in page.everything():
            assert not [name for name in each.attributes if name.startswith("on") or name == "style"]
            assert each.name not in {"iframe", "object", "embed", "base", "style"}
            if each.name == "script":
                assert each.attributes.get("type") == "application/json" or each.attributes["src"].endswith(".js")
