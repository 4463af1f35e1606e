"""The pages in a real browser: every kind, light and dark, on a telephone and on a desk, by keys alone, as files.

Needs Chromium: the system's, found by name, or the one that CHROMIUM names.
"""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.explore.documents import Documents
from phosphene.explore.serve import serve
from phosphene.explore.site import Site
from phosphene.paper.correspondence_parts import read_parts
from tests.evidence import planted
from tests.story.tiny import picture

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
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
    "matrix": "layers/act/matrix.html",
    "unit": UNIT,
    "dead unit": f"layers/act/{planted.index('dead')}.html",
    "image": "images/{image}.html?layer=act&unit=act:0",
    "over": f"over/act/{planted.index('green')}.html?choose=random&seed=3",
    "yours": "yours.html",
    "parts": "parts.html",
    "search": "search.html?q=marked",
    "nothing found": "search.html?q=%3Cscript%3Ealert(1)%3C/script%3E",
}
SIZES = {"telephone": (360, 740), "desk": (1280, 900), "wall": (3840, 2160)}
LOOKS = [("telephone", "dark"), ("wall", "light")]  # on the desk `test_nothing_is_hard_to_reach` looks, in both
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(planted_path):
    """Where each kind of page is; the picture is one that drives a unit most."""
    with open_atlas(planted_path) as atlas:
        image = atlas.unit("act", 0).examples[0].image
    return {name: path.format(image=image) for name, path in PAGES.items()}


@pytest.fixture(scope="module")
def server(planted_path):
    with open_atlas(planted_path) as atlas, serve(Site(atlas, planted.network()), "127.0.0.1", 0, None, False) as found:
        yield found


@pytest.fixture(scope="module")
def written(planted_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    with open_atlas(planted_path) as atlas:
        documents = Documents(Site(atlas, planted.network()), live=False)
        for path in documents.paths():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(documents.get(path).body)
    return folder


@contextmanager
def watched(browser, home, size="desk", scheme="light"):
    """A page that must not complain, fail, or ask anything of anybody else."""
    wide, high = SIZES[size]
    context = browser.new_context(viewport={"width": wide, "height": high}, color_scheme=scheme)
    context.set_default_timeout(20_000)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda asked: wrong.append(f"failed: {asked.url}") if failed(asked) else None)
    page.on("request", lambda asked: wrong.append(f"outside: {asked.url}") if outside(asked.url, home) else None)
    yield page
    context.close()
    assert not wrong


def failed(asked):
    """What was still on its way when the page was left did not fail."""
    return asked.failure != "net::ERR_ABORTED"


def outside(url, home):
    return not url.startswith((home, "data:", "blob:"))


def visit(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('.busy')")


def home_of(server):
    return server.url.partition("?")[0]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_whole(browser, server, pages, size, scheme):
    home = home_of(server)
    with watched(browser, home, size, scheme) as page:
        for name, path in pages.items():
            visit(page, home + path)
            is_whole(page, name, size, scheme)


def is_whole(page, name, size, scheme):
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= SIZES[size][0], f"{name} is {wide} pixels wide"
    assert page.locator("h1").inner_text(), name
    broken = page.evaluate("[...document.images].filter(i => i.complete && i.src && !i.naturalWidth).map(i => i.src)")
    assert not broken, name
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 21, 21)"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_hard_to_reach(browser, server, pages, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    home = home_of(server)
    with watched(browser, home, "desk", scheme) as page:
        for name, path in pages.items():
            visit(page, home + path)
            is_whole(page, name, "desk", scheme)
            found = axe.run(page).response["violations"]
            serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS]
            assert not serious, name


def test_the_unit_that_most_prefers_a_class_is_found_by_clicking(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home)
        page.get_by_role("link", name="marked", exact=True).click()
        page.wait_for_load_state("networkidle")
        areas = [float(text.split()[-1]) for text in page.locator("#found .v").all_inner_texts()]
        assert areas == sorted(areas, reverse=True)
        page.locator("#found a", has_text=re.compile(rf"^act:{planted.index('marker')}(?!\d)")).first.click()
        page.wait_for_load_state("networkidle")
        assert "Detects marked" in page.locator("#summary").inner_text()
        assert page.url.endswith(f"layers/act/{planted.index('marker')}.html")


def test_from_the_network_to_a_unit_and_back_by_keys_alone(browser, server):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home)
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("act")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=act")
        page.wait_for_load_state("networkidle")
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


@pytest.mark.parametrize("word", ["doubtful", "specific"])
def test_what_was_not_measured_is_not_said_to_be_missing(browser, server, word):
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + f"search.html?q={word}")
        assert "was not measured" in page.locator("#said").inner_text()


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
        page.locator("#units .tile").first.wait_for()
        assert page.locator("#units .tile").count() == len(planted.UNITS)
        page.locator("#units .tile").nth(planted.index("dark")).click()
        page.locator("#one figure img").first.wait_for()
        assert f"act:{planted.index('dark')}" in page.locator("#one h2").inner_text()
        assert page.evaluate("document.querySelector('#one figure img').naturalWidth") == 32
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
    page.goto(home_of(server) + "yours.html")
    page.set_input_files("#file", tmp_path / "notes.txt")
    page.wait_for_function("document.getElementById('drop-error').textContent")
    assert "picture" in page.locator("#drop-error").inner_text()
    context.close()


def test_parts_are_drawn_and_kept_as_a_file(browser, server, tmp_path):
    for number, name in enumerate(("a.png", "b.png")):
        picture(number).resize((80, 40)).save(tmp_path / name)
    home = home_of(server)
    with watched(browser, home) as page:
        visit(page, home + "parts.html")
        page.set_input_files("#files", [tmp_path / "b.png", tmp_path / "a.png"])
        page.wait_for_function("document.getElementById('shown').naturalWidth === 80")
        assert "a.png: 1 of 2" in page.locator("#which").inner_text()
        frame = page.locator("#frame").bounding_box()
        scale = frame["width"] / 80
        page.mouse.move(frame["x"] + 10 * scale, frame["y"] + 5 * scale)
        page.mouse.down()
        page.mouse.move(frame["x"] + 30 * scale, frame["y"] + 25 * scale, steps=3)
        page.mouse.up()
        page.click("#after")
        page.wait_for_function("document.getElementById('shown').alt === 'b.png'")
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
        page.wait_for_function("document.querySelector('#projections img').src.startsWith('data:')")
        with page.expect_response(lambda answer: "rule=gradient" in answer.url) as answered:
            page.select_option("#rule", "gradient")
        assert answered.value.ok
        assert "rule=gradient" in page.url
        page.locator("#tuning svg").first.wait_for()


@pytest.mark.parametrize("size", ["telephone", "desk"])
def test_files_open_without_a_server(browser, written, pages, size):
    home = Path(written).as_uri() + "/"
    with watched(browser, home, size) as page:
        for path in pages.values():
            if path == "yours.html":
                continue
            visit(page, home + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], path
        visit(page, home + "search.html?q=green")
        page.locator("#found a").first.click()
        page.wait_for_url(f"**/layers/act/{planted.index('green')}.html")
        page.wait_for_function("document.querySelector('#projections img').naturalWidth > 0")
        assert page.locator("#tuning svg").count() >= 4
        page.locator(".three a").first.click()
        page.wait_for_url("**/images/*.html")
