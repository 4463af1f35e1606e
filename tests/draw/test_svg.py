"""The SVG is read back as XML, and its pictures as PNG."""

from base64 import b64decode
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from phosphene.draw.page import Photo, Text
from phosphene.draw.sheet import Sheet, Tile
from phosphene.draw.text import clean

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script> & \'x\' ]]> \x00 %s {0} "/><image href="http://example.org/"/>'


def noise(width, height, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def read(sheet, **how):
    return ElementTree.fromstring(sheet.encoded(".svg", **how))


def picture(element):
    kind, data = element.get("href").split(",", 1)
    assert kind == "data:image/png;base64"
    return Image.open(BytesIO(b64decode(data)))


def test_hostile_labels_stay_text():
    wide = Sheet([Tile(noise(4, 4), HOSTILE, note=HOSTILE)], title=HOSTILE, scale_note=HOSTILE, subtitle=HOSTILE)
    root = read(wide)
    assert {element.tag for element in root.iter()} == {
        SVG + tag for tag in ("svg", "title", "defs", "pattern", "rect", "path", "image", "text")
    }
    assert len(root.findall(f"{SVG}image")) == 1
    assert root.findtext(f"{SVG}title") == clean(HOSTILE)
    said = " ".join(element.text for element in root.findall(f"{SVG}text"))
    assert '<script>alert("1")</script> &' in said


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_at_all_gives_well_formed_xml(label, note):
    read(Sheet([Tile(None, label, note=note)], title=note, columns=1))


def test_words_and_places_are_those_of_the_page():
    sheet = Sheet([Tile(noise(8, 8, i), f"unit {i}", "1.5") for i in range(5)], title="Five", scale_note="Note.")
    marks = sheet.page().marks
    root = read(sheet)
    texts = [(int(e.get("x")), int(e.get("y")), int(e.get("textLength")), e.text) for e in root.findall(f"{SVG}text")]
    assert texts == [(m.x, m.y, m.width, m.text) for m in marks if isinstance(m, Text)]
    boxes = [tuple(int(e.get(k)) for k in ("x", "y", "width", "height")) for e in root.findall(f"{SVG}image")]
    assert boxes == [(m.x, m.y, m.width, m.height) for m in marks if isinstance(m, Photo)]


def test_small_pictures_are_embedded_as_they_are_and_keep_square_pixels():
    small = noise(32, 32)
    element = read(Sheet([Tile(small)])).find(f"{SVG}image")
    np.testing.assert_array_equal(np.asarray(picture(element)), np.asarray(small))
    assert "image-rendering:pixelated" in element.get("style")


def test_large_pictures_are_embedded_at_the_size_they_are_drawn():
    element = read(Sheet([Tile(noise(900, 600))])).find(f"{SVG}image")
    assert picture(element).size == (int(element.get("width")), int(element.get("height")))
    assert element.get("style") is None


@pytest.mark.parametrize("dpi", [96, 300])
def test_its_size_on_paper_is_the_page_over_its_resolution(dpi):
    sheet = Sheet([Tile(noise(32, 32))])
    root, page = read(sheet, dpi=dpi), sheet.page(dpi)
    assert float(root.get("width").removesuffix("in")) == pytest.approx(page.width / dpi, abs=1e-3)
    assert root.get("viewBox") == f"0 0 {page.width} {page.height}"


def test_the_ground_is_the_theme_s():
    sheet = Sheet([Tile(noise(4, 4))])
    grounds = [read(sheet, theme=theme).find(f"{SVG}rect").get("fill") for theme in ("light", "dark")]
    assert grounds == ["#ffffff", "#161616"]
