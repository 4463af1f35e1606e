"""The whole story on two tiny networks and ten pictures: the page, its files, its words."""

import hashlib
import html
import json
import re
import shlex
from html.parser import HTMLParser

import pytest
import torch
from PIL import Image

from phosphene.atlas.reading import open_atlas
from phosphene.errors import PhospheneError, UsageError
from phosphene.evidence.filling import trust
from phosphene.network import Network
from phosphene.sheets.top import Projecting, top_sheet
from phosphene.sources.images import images
from phosphene.story import ask, first, telling
from phosphene.story.findings import find
from phosphene.story.material import Material
from phosphene.story.page import prose
from phosphene.story.scanned import scanned
from phosphene.story.telling import tell
from tests.explore.reading import links, read
from tests.story import tiny

pytestmark = pytest.mark.slow

HOSTILE = ("<script>alert(1)</script>.png".replace("/", "⁄"), '"onerror="x`y`&amp;{{7*7}}.png')


class Page(HTMLParser):
    """Collects what a page refers to, and checks that its tags are closed in order."""

    EMPTY = frozenset(("meta", "link", "img", "source", "br"))

    def __init__(self, text):
        super().__init__()
        self.open, self.files, self.tags, self.alts, self.ids, self.anchors = [], [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.open += [] if tag in self.EMPTY else [tag]
        links = [attrs[name] for name in ("src", "srcset", "href") if name in attrs]
        self.files += [link for link in links if not link.startswith(("#", "data:"))]
        self.anchors += [link[1:] for link in links if link.startswith("#")]
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.alts += [attrs.get("alt")] if tag == "img" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def told_of_hostile_and_broken_files(root):
    """The whole story of ten pictures, two of which have evil names, and of one that cannot be read."""
    place = tiny.folder(root / "pictures", HOSTILE)
    (place / "cat" / "broken.png").write_bytes(b"no picture")
    return tell(tiny.network(), tiny.network("tiny-deep", 1), images(place), root / "out", tiny.quiet, most=11)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Written once, looked at by many tests, changed by none."""
    return told_of_hostile_and_broken_files(tmp_path_factory.mktemp("story"))


def short(monkeypatch, *chapters):
    """Leave all other chapters out: most of the time goes into figures that a test of the rest does not look at."""
    monkeypatch.setattr(telling, "CHAPTERS", chapters)
    monkeypatch.setattr(telling.cards, "measured", lambda found: ())


@pytest.fixture(scope="module")
def page(told):
    return Page(told.page.read_text())


def there(told):
    """Return all files of a story, by their paths in its folder."""
    folder = told.page.parent
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_the_page_refers_to_its_own_files_only_and_to_all_of_them(told, page):
    beside = {each for each in there(told) if "/" not in each}
    assert {link for link in page.files if "/" not in link} == beside - {"index.html", "summary.json"}
    assert set(page.files) <= there(told)
    assert {"tiny.atlas", "tiny-deep.atlas"} < set(page.files)
    assert sorted(page.anchors) == sorted(page.ids)
    assert len(page.ids) == len(telling.CHAPTERS)


def test_the_figures_are_pictures_of_the_stated_size(told, page):
    for tag, attrs in page.tags:
        if tag in ("img", "source") and attrs.get("src", "") != telling.PICTURE:
            name = attrs.get("src") or attrs["srcset"]
            with Image.open(told.page.parent / name) as figure:
                assert figure.size == (int(attrs["width"]), int(attrs["height"])), name


def test_every_figure_says_what_it_shows_and_comes_in_both_looks(page):
    assert all(page.alts)
    figures = [attrs["src"] for tag, attrs in page.tags if tag == "img"]
    for name in figures:
        if name != telling.PICTURE:
            assert {name.replace("light", "dark"), name.replace("wide", "narrow")} < set(page.files)


def test_no_scripts_and_no_styles_from_elsewhere(page):
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "iframe", "object", "form"})
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]


def test_names_of_files_stay_text(told):
    text = told.page.read_text()
    assert "<script" not in text
    assert "{{7*7}}" in text or "49" not in text
    assert prose('<b>"&`<i>`') == "&lt;b&gt;&#34;&amp;<code>&lt;i&gt;</code>"


def test_the_summary_states_the_figures_and_lists_the_files(told, page):
    said = json.loads((told.page.parent / "summary.json").read_text())
    assert set(said["files"]) == there(told)
    assert said["explorers"] == {
        "tiny": "explorer/tiny/index.html",
        "tiny-deep": "explorer/tiny-deep/index.html",
    }
    assert {**said["images"], "failures": None} == {"name": "pictures", "used": 10, "offered": 11, "failures": None}
    assert [layer["units"] for layer in said["layers"]] == [4, 6]
    assert set(said["deep_layers"]) == {"relu1", "relu2"}
    assert said["atlases"] == ["tiny.atlas", "tiny-deep.atlas"]


def test_the_atlases_beside_the_page_answer_what_it_says_to_ask(told):
    folder = told.page.parent
    query, top = re.findall(r"<code>(phosphene (?:query|top) .*?)</code>", told.page.read_text())
    _, command, file, sql = shlex.split(html.unescape(query))
    assert command == "query"
    with open_atlas(folder / file) as atlas:
        assert atlas.query(sql).columns == ("layer", "unit", "share")
        assert len(atlas.query(sql)) > 0
    _, command, file, unit, *options = shlex.split(html.unescape(top))
    assert (command, options) == ("top", ["--network", "tiny-deep", "--out", "top.png"])
    with open_atlas(folder / file) as atlas:
        assert top_sheet(atlas, [atlas[unit]], Projecting(tiny.network("tiny-deep", 1))).image().width > 100


def test_the_figures_on_the_page_are_those_of_the_atlas(told):
    text = told.page.read_text()
    with open_atlas(told.page.parent / "tiny.atlas") as atlas:
        dead = atlas.query("SELECT sum(dead) FROM units WHERE layer = 'relu1'").rows[0][0]
        explained = atlas.query("SELECT explained FROM units WHERE layer = 'relu1' AND unit = 3").rows[0][0]
        driven = {unit.examples[0].image for unit in atlas["relu1"]}
    assert told.summary["layers"][0]["dead"] == dead
    assert told.summary["layers"][0]["explained_by_all_that_is_visible"][3] == pytest.approx(explained, abs=1e-4)
    assert f"it is {round(100 * explained)}\u00a0% of the unit" in text.replace(" %", "\u00a0%")
    assert f"The 4 first places go to {len(driven)} picture" in text


def test_the_page_holds_the_cards_of_three_units(told):
    text = told.page.read_text(encoding="utf-8")
    section = text[text.index('<section id="cards">') :].partition("</section>")[0]
    units = re.findall(r"<summary>(.+?)</summary>", section)
    assert units[:2] == ["relu1:3", "relu2:5"]  # there are no units 6 and 8
    assert len(units) == 3
    for heading in ("What it responds to", "Which pixels drive it", "Do its pictures tell", "Does it matter"):
        assert section.count(f"<h3>{heading}</h3>") == 3
    with open_atlas(told.page.parent / "tiny.atlas") as atlas:
        explained = atlas.query("SELECT explained FROM units WHERE layer = 'relu1' AND unit = 3").rows[0][0]
    stated = re.search(r"(?:explains|come to) (\d+) %", section)
    assert stated is not None
    assert int(stated[1]) == pytest.approx(100 * explained, abs=1)


def test_large_pictures_are_to_be_given_again(tmp_path):
    place = tiny.folder(tmp_path / "pictures")
    tiny.picture(0).resize((300, 200)).save(place / "cat" / "large.png")
    net, deep, pictures = tiny.network(), tiny.network("tiny-deep", 1), images(place)
    with (
        scanned(net, pictures, tmp_path / "tiny.atlas", tiny.quiet) as atlas,
        scanned(deep, pictures, tmp_path / "tiny-deep.atlas", tiny.quiet) as deep_atlas,
    ):
        found = find(net, deep, atlas, deep_atlas, Material.of(pictures, pictures, atlas), 0)
        _, top, export = ask.ask_section(found).commands
    assert top.endswith("--network tiny-deep --images PICTURES --out top.png")
    assert export == "phosphene export tiny-deep.atlas pages --images PICTURES"


def test_the_same_again_is_the_same_to_the_byte(told, tmp_path):
    again = told_of_hostile_and_broken_files(tmp_path)
    digests = [{each: digest(one.page.parent / each) for each in there(one)} for one in (told, again)]
    assert digests[0] == digests[1]


def digest(path):
    """Return a hash of a file's content; of an atlas without when it was made and how long that took."""
    if path.suffix == ".atlas":
        with open_atlas(path) as atlas:
            return atlas.content_hash()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_broken_pictures_are_passed_over_and_named(told):
    assert [each["id"] for each in told.summary["images"]["failures"]] == ["cat/broken.png"]
    assert "1 picture could not be read" in told.page.read_text()


def test_a_set_of_which_nothing_can_be_read_leaves_nothing(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    (place / "broken.png").write_bytes(b"no picture")
    with pytest.raises(PhospheneError, match="no picture of pictures can be read; the first one: "):
        tell(tiny.network(), tiny.network("deep"), images(place), tmp_path / "out", tiny.quiet)
    assert [each.name for each in tmp_path.iterdir()] == ["pictures"]


def test_a_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise PhospheneError("no")

    short(monkeypatch, first.filters_section)
    monkeypatch.setattr(telling, "rendered", fail)
    pictures = images(tiny.folder(tmp_path / "pictures"))
    with pytest.raises(PhospheneError, match=r"^no$"):
        tell(tiny.network(), tiny.network("deep"), pictures, tmp_path / "out", tiny.quiet)
    assert [each.name for each in tmp_path.iterdir()] == ["pictures"]


def test_a_network_without_two_convolutions_is_refused(tmp_path):
    net = tiny.network()
    one = Network(net.model.conv1, input_size=net.input_size)
    pictures = images(tiny.folder(tmp_path / "pictures"))
    with pytest.raises(UsageError, match="the story needs a network with two convolutions"):
        tell(one, net, pictures, tmp_path / "out", tiny.quiet)


def test_dead_units_are_said_to_be_dead(tmp_path):
    net, deep = tiny.network(), tiny.network("deep", 1)
    with torch.no_grad():
        net.model.conv1.bias[3] = net.model.conv2.bias[5] = -100
        deep.model.conv2.bias[:] = -100
    told = tell(net, deep, images(tiny.folder(tmp_path / "pictures")), tmp_path / "out", tiny.quiet)
    text = told.page.read_text()
    assert "<code>relu1:3</code> is dead on these pictures" in text
    assert "<code>relu2:5</code> is dead on these pictures" in text
    assert not (told.page.parent / "deep-relu2-wide-light.png").exists()
    assert told.summary["deep_layers"]["relu2"] == {"units": 6, "dead": 6}
    assert told.summary["images"] == {"name": "pictures", "used": 10, "offered": 10, "failures": []}
    assert "could not be read" not in text


def test_pictures_without_anything_in_them_are_refused(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    Image.new("RGB", (16, 16)).save(place / "black.png")
    net = tiny.network()
    with torch.no_grad():
        net.model.conv1.bias[:] = -1
    with pytest.raises(PhospheneError, match="the units of relu1 see nothing in pictures"):
        tell(net, tiny.network("deep"), images(place), tmp_path / "out", tiny.quiet)


# -- the explorer beside it --------------------------------------------------------------------------------------------


def test_every_address_of_the_story_and_of_both_explorers_is_a_file(told):
    known, folder, checked = there(told), told.page.parent, 0
    for path in known:
        if path.endswith(".html"):
            for address in links(read((folder / path).read_bytes()), path):
                assert address in known, f"{path} leads to {address}"
                checked += 1
    assert checked > 500


def test_the_story_and_the_explorers_lead_to_each_other(told, page):
    folder = told.page.parent
    assert {"explorer/tiny/index.html", "explorer/tiny-deep/index.html"} < set(page.files)
    for own, other in (("tiny", "tiny-deep"), ("tiny-deep", "tiny")):
        for where in (f"explorer/{own}/index.html", f"explorer/{own}/layers/relu1/2.html"):
            led = links(read((folder / where).read_bytes()), where)
            assert {"index.html", f"explorer/{other}/index.html"} <= led


def test_the_explorer_holds_every_unit_and_the_projections_of_those_alive(told):
    known = there(told)
    for network in ("tiny", "tiny-deep"):
        with open_atlas(told.page.parent / f"{network}.atlas") as atlas:
            dead = set(atlas.query("SELECT layer, unit FROM units WHERE dead").rows)
        for layer, unit in ((layer, unit) for layer, units in (("relu1", 4), ("relu2", 6)) for unit in range(units)):
            assert f"explorer/{network}/layers/{layer}/{unit}.html" in known
            projected = f"explorer/{network}/media/{layer}/{unit}-projections.webp" in known
            assert projected == ((layer, unit) not in dead)


def test_the_cards_are_rows_of_the_atlas_and_stand_on_the_units_pages(told):
    folder = told.page.parent
    with open_atlas(folder / "tiny.atlas") as atlas:
        rows = {address: atlas[address].evidence for address in ("relu1:3", "relu2:5", "relu1:0")}
    assert rows["relu1:0"] == ()
    shown = (folder / "explorer/tiny/layers/relu1/3.html").read_text(encoding="utf-8")
    text = html.unescape(told.page.read_text(encoding="utf-8"))
    assert len(rows["relu1:3"]) > 10
    for row in rows["relu1:3"]:
        assert row.sentence in html.unescape(shown)
    assert sum(row.sentence in text for row in rows["relu2:5"]) > 10
    assert '<a href="explorer/tiny/layers/relu1/3.html">its page</a>' in told.page.read_text(encoding="utf-8")


def test_trust_goes_on_from_the_cards(told, tmp_path):
    (tmp_path / "tiny.atlas").write_bytes((told.page.parent / "tiny.atlas").read_bytes())
    assert trust(tiny.network(), tmp_path / "tiny.atlas", layers=["relu1"]) == 3


def test_of_a_wide_network_only_some_units_have_pages_and_the_page_says_so(tmp_path, monkeypatch):
    short(monkeypatch, ask.ask_section)
    monkeypatch.setattr("phosphene.story.explorer.DEEP_UNITS", 2)
    pictures = images(tiny.folder(tmp_path / "pictures"))
    told = tell(tiny.network(), tiny.network("tiny-deep", 1), pictures, tmp_path / "out", tiny.quiet)
    text = told.page.read_text()
    assert "the first 2 units of each of 2 layers" in text
    assert "every unit, 10 of 2 layers" in text
    assert {each for each in there(told) if re.fullmatch(r"explorer/tiny-deep/layers/relu2/\d+\.html", each)} == {
        f"explorer/tiny-deep/layers/relu2/{unit}.html" for unit in range(2)
    }
    assert "phosphene export tiny-deep.atlas pages" in text
