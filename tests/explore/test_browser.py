"""The pages in a real browser: every kind, light and dark, on a telephone and on a desk, by keys alone, as files.

Needs Chromium: the system's, found by name, or the one that CHROMIUM names.
"""

import re
import shutil

import pytest

from phosphene.atlas.dreaming import DreamWriter
from phosphene.atlas.reading import open_atlas
from phosphene.explore.serve import serve
from phosphene.explore.site import Site
from phosphene.paper.correspondence_parts import read_parts
from tests.evidence import planted
from tests.explore.browsing import CHROMIUM, SIZES, expect, home_of, opened, playwright, resize, said, visit, watched
from tests.explore.test_dreams import GREEN, rows
from tests.story.tiny import picture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

LAYER = "layers/act/index.html"
UNIT = f"layers/act/{planted.index('upright')}.html"
PAGES = {
    "network": "index.html",
    "layer": LAYER,
    "layer sorted": f"{LAYER}?view=nine&sort=explained&order=down",
    "layer projected": f"{LAYER}?view=projection&scale=shared",
    "layer dreamt": f"{LAYER}?view=dream",
    "matrix": "layers/act/matrix.html",
    "unit": UNIT,
    "unit with a dream": f"layers/act/{GREEN}.html",
    "dead unit": f"layers/act/{planted.index('dead')}.html",
    "image": "images/{image}.html?layer=act&unit=act:0",
    "over": f"over/act/{planted.index('green')}.html?choose=random&seed=3",
    "yours": "yours.html",
    "parts": "parts.html",
    "search": "search.html?q=marked",
    "nothing found": "search.html?q=%3Cscript%3Ealert(1)%3C/script%3E",
}
LOOKS = {"light": ("wall", "desk"), "dark": ("telephone", "desk")}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SERIOUS = {"serious", "critical"}
LIVING = len(planted.UNITS) - 1
PROJECTED = "#grid img[src^='data:'], #grid .reason"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=30_000)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def dreamt_path(planted_path, tmp_path_factory):
    """The planted network's scan, in which a unit has pictures that were made to drive it."""
    path = shutil.copy(planted_path, tmp_path_factory.mktemp("dreamt") / "planted.atlas")
    with DreamWriter.open(path) as writer:
        writer.store("act", GREEN, rows(GREEN, 14))
    return path


@pytest.fixture(scope="module")
def pages(planted_path):
    """Where each kind of page is; the picture is one that drives a unit most."""
    with open_atlas(planted_path) as atlas:
        image = atlas.unit("act", 0).examples[0].image
    return {name: path.format(image=image) for name, path in PAGES.items()}


@pytest.fixture(scope="module")
def server(dreamt_path):
    with open_atlas(dreamt_path) as atlas, serve(Site(atlas, planted.network()), "127.0.0.1", 0, None, False) as found:
        yield found


@pytest.fixture(scope="module")
def desk(browser, server):
    """One page for looking at all kinds of them, and what was wrong."""
    page, wrong = opened(browser, home_of(server))
    yield page, wrong
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_and_not_hard_to_reach(desk, server, pages, name):
    page, wrong = desk
    wrong.clear()
    page.emulate_media(color_scheme="light")
    visit(page, home_of(server) + pages[name])
    if name == "layer projected":
        expect(page.locator(PROJECTED)).to_have_count(LIVING)
    for scheme, sizes in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        for size in sizes:
            resize(page, size)
            is_whole(page, size, scheme)
        is_within_reach(page, None if scheme == "light" else COLOURS)  # the rest is the same in the dark
    assert wrong == []


def is_whole(page, size, scheme):
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= SIZES[size][0], f"{wide} pixels wide on a {size}"
    assert page.locator("h1").inner_text()
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 21, 21)"
    )


BROKEN = """async () => {
  const shown = [...document.images].filter((each) => each.src);
  for (const each of shown) each.loading = "eager";
  await Promise.all(shown.map((each) => each.decode().catch(() => null)));
  return shown.filter((each) => !each.naturalWidth).map((each) => each.src);
}"""


def is_within_reach(page, options):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options=options).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


def test_pictures_that_were_made_are_all_there_on_a_telephone_in_the_dark(browser, server):
    home = home_of(server)
    with watched(browser, home, "telephone", "dark") as page:
        visit(page, home + f"layers/act/{GREEN}.html")
        shown = page.locator("#dreams .tile")
        expect(shown).to_have_count(12)
        assert page.evaluate(BROKEN) == []
        for tile in shown.all():
            box = tile.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= SIZES["telephone"][0]


def test_the_unit_that_most_prefers_a_class_is_found_by_clicking(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home)
        page.get_by_role("link", name="marked", exact=True).click()
        page.locator("#found a").first.wait_for()
        areas = [float(text.split()[-1]) for text in page.locator("#found .v").all_inner_texts()]
        assert areas == sorted(areas, reverse=True)
        page.locator("#found a", has_text=re.compile(rf"^act:{planted.index('marker')}(?!\d)")).first.click()
        page.wait_for_url(f"**/layers/act/{planted.index('marker')}.html")
        assert "Detects marked" in page.locator("#summary").inner_text()


def test_from_the_network_to_a_unit_and_back_by_keys_alone(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home)
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("act")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=act")
        page.locator("#found a").first.wait_for()
        page.keyboard.press("g")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**/layers/act/1.html")
        page.keyboard.press("ArrowRight")
        page.wait_for_url("**/layers/act/2.html")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**/layers/act/1.html")
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        page.wait_for_url("**/layers/act/index.html")
        page.keyboard.press("g")
        page.keyboard.press("ArrowDown")
        below = page.evaluate("document.activeElement.dataset.unit")
        assert int(below) > 1
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        page.wait_for_url(f"{home}index.html")


def test_what_was_not_measured_is_not_said_to_be_missing(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        for word in ("doubtful", "specific"):
            visit(page, home + f"search.html?q={word}")
            assert "was not measured" in said(page, "#said"), word


def test_every_choice_is_in_the_address(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + LAYER)
        page.select_option("[name=sort]", "strongest")
        page.select_option("[name=order]", "down")
        page.fill("[name=only]", "green")
        order = page.locator("#grid .n").all_inner_texts()
        assert 0 < len(order) < len(planted.UNITS)
        address = page.url
        visit(page, home)
        visit(page, address)
        assert page.locator("#grid .n").all_inner_texts() == order
        values = [float(text.replace("−", "-")) for text in page.locator("#grid .v").all_inner_texts()]
        assert values == sorted(values, reverse=True)


def test_a_cell_of_the_matrix_leads_to_its_unit(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + "layers/act/matrix.html")
        side = page.evaluate("document.getElementById('matrix').width") / len(planted.UNITS)
        page.mouse.move(0, 0)
        page.hover("#matrix", position={"x": 2.5 * side, "y": 0.5 * side})
        said = page.locator("#pair").inner_text()
        one = re.match(r"act:(\d+) and act:\d+: r = [−\d.]+$", said)[1]
        page.click("#closer")
        assert page.evaluate("document.getElementById('matrix').width") > side * len(planted.UNITS)
        page.focus("#scroll")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/layers/act/{one}.html?with=*")


def test_a_picture_is_dropped_and_its_projections_come(browser, server, tmp_path):
    picture(5).resize((90, 60)).save(tmp_path / "own.png")
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + "yours.html")
        page.set_input_files("#file", tmp_path / "own.png")
        page.wait_for_url("**/yours.html?image=u-*")
        expect(page.locator("#units .tile")).to_have_count(len(planted.UNITS))
        page.locator("#units .tile").nth(planted.index("dark")).click()
        expect(page.locator("#one h2")).to_contain_text(f"act:{planted.index('dark')}")
        expect(page.locator("#one figure img").first).to_have_js_property("naturalWidth", 32)
        page.click("#picture", position={"x": 100, "y": 90})
        page.locator("#answer table, #answer .why").first.wait_for()
        assert "x=" in page.url
        page.check("[value=hide]")
        box = page.locator("#picture").bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 150, box["y"] + 150, steps=4)
        page.mouse.up()
        page.get_by_role("button", name="Show it again").click()


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(browser, server, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    context = browser.new_context()
    page = context.new_page()
    visit(page, home_of(server) + "yours.html")
    page.set_input_files("#file", tmp_path / "notes.txt")
    assert "picture" in said(page, "#drop-error")
    context.close()


def test_parts_are_drawn_and_kept_as_a_file(browser, server, tmp_path):
    for number, name in enumerate(("a.png", "b.png")):
        picture(number).resize((80, 40)).save(tmp_path / name)
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + "parts.html")
        page.set_input_files("#files", [tmp_path / "b.png", tmp_path / "a.png"])
        expect(page.locator("#which")).to_have_text("a.png: 1 of 2")  # said when the picture is there
        frame = page.locator("#frame").bounding_box()
        scale = frame["width"] / 80
        page.mouse.move(frame["x"] + 10 * scale, frame["y"] + 5 * scale)
        page.mouse.down()
        page.mouse.move(frame["x"] + 30 * scale, frame["y"] + 25 * scale, steps=3)
        page.mouse.up()
        page.click("#after")
        expect(page.locator("#which")).to_have_text("b.png: 2 of 2")
        page.fill("#part", "eye")
        for edge, value in zip(("x0", "y0", "x1", "y1"), (1, 2, 30, 400), strict=True):
            page.fill(f"[name={edge}]", str(value))
        page.get_by_role("button", name="set").click()
        with page.expect_download() as kept:
            page.click("#keep")
        kept.value.save_as(tmp_path / "parts.json")
    found = read_parts(tmp_path / "parts.json").boxes
    nose, eye = (list(found[name][part]) for name, part in (("a.png", "nose"), ("b.png", "eye")))
    assert nose == pytest.approx([10, 5, 30, 25], abs=1)
    assert eye == [1, 2, 30, 40]


def test_other_rules_are_asked_for(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + UNIT)
        expect(page.locator("#projections img").first).to_have_attribute("src", re.compile("^data:"))
        with page.expect_response(lambda answer: "rule=gradient" in answer.url) as answered:
            page.select_option("#rule", "gradient")
        assert answered.value.ok
        assert "rule=gradient" in page.url
        page.locator("#tuning svg").first.wait_for()


NOT_FILES = {"yours", "unit with a dream", "layer dreamt"}


def test_files_open_without_a_server(browser, planted_files, pages):
    home = planted_files.folder.as_uri() + "/"
    with watched(browser, home) as page:
        for path in [path for name, path in pages.items() if name not in NOT_FILES]:
            visit(page, home + path)
            for size in ("telephone", "desk"):
                resize(page, size)
                is_whole(page, size, "light")
        visit(page, home + "search.html?q=green")
        page.locator("#found a").first.click()
        page.wait_for_url(f"**/layers/act/{planted.index('green')}.html")
        assert page.evaluate(BROKEN) == []
        assert page.locator("#projections .grey img[src]").count() > 0
        assert page.locator("#tuning svg").count() >= 4
        page.locator(".three a").first.click()
        page.wait_for_url("**/images/*.html")
