"""The PDF is taken apart by a reader of the format that shares no code with the writer."""

import re
import zlib
from io import BytesIO

import numpy as np
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from PIL import Image

from phosphene.draw.page import Photo, Text
from phosphene.draw.sheet import Sheet, Tile
from phosphene.draw.text import font_file


def noise(width, height, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def sheet():
    tiles = [Tile(noise(8, 8, i), f"Gr\u00f6\u00dfe {i}", "3.41") for i in range(3)]
    return Sheet([*tiles, Tile(noise(900, 600)), Tile(note="dead")], title="A (very) \\ good title", scale_note="Note.")


@pytest.fixture(scope="module")
def file(sheet):
    return sheet.encoded(".pdf")


def objects(file):
    """Return {number: (dictionary, stream)} by following the table of places at the end."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", file)[1])
    head = re.match(rb"xref\n0 (\d+)\n", file[start:])
    places = re.findall(rb"(\d{10}) 00000 n \n", file[start:])
    assert len(places) == int(head[1]) - 1
    found = {}
    for number, place in enumerate(map(int, places), 1):
        body = re.match(rb"%d 0 obj\n(.*?)\nendobj\n" % number, file[place:], re.DOTALL)[1]
        words, _, rest = body.partition(b"\nstream\n")
        length = re.search(rb"/Length (\d+)", words)
        found[number] = (words.decode(), zlib.decompress(rest[: int(length[1])]) if length else None)
    return found


def only(file, pattern):
    matches = [entry for entry in objects(file).values() if re.search(pattern, entry[0])]
    assert len(matches) == 1
    return matches[0]


def test_it_is_one_page_of_the_right_size(sheet, file):
    assert file.startswith(b"%PDF-1.")
    words, _ = only(file, r"/Type /Page\b")
    width, height = map(float, re.search(r"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", words).groups())
    page = sheet.page()
    assert (width, height) == pytest.approx((page.width * 72 / 150, page.height * 72 / 150), abs=1e-2)
    assert "/Count 1 " in only(file, r"/Type /Pages\b")[0]


def test_pictures_are_embedded_at_the_pixels_they_are_drawn_with(sheet, file):
    images = [entry for entry in objects(file).values() if "/Subtype /Image" in entry[0]]
    marks = [mark for mark in sheet.page().marks if isinstance(mark, Photo)]
    canvas = np.asarray(sheet.image())
    for (words, data), mark in zip(images, marks, strict=True):
        assert f"/Width {mark.width} /Height {mark.height}" in words
        pixels = np.frombuffer(data, np.uint8).reshape(mark.height, mark.width, 3)
        np.testing.assert_array_equal(pixels, canvas[mark.y :, mark.x :][: mark.height, : mark.width])


def content(file):
    return next(data for words, data in objects(file).values() if data and b" Do Q" in data).decode()


def test_pictures_stand_where_the_page_says(sheet, file):
    page = sheet.page()
    placed = re.findall(r"q (\d+) 0 0 (\d+) (\d+) (\d+) cm /P\d+ Do Q", content(file))
    marks = [mark for mark in page.marks if isinstance(mark, Photo)]
    expected = [(m.width, m.height, m.x, page.height - m.y - m.height) for m in marks]
    assert [tuple(map(int, box)) for box in placed] == expected


def unicode_tables(file):
    """Return [{glyph: character}] of the regular and the bold font."""
    tables = []
    for _, data in objects(file).values():
        if data and b"begincmap" in data:
            pairs = re.findall(rb"<(\w{4})> <(\w+)>\n", data)
            tables.append(
                {code.decode(): bytes.fromhex(letters.decode()).decode("utf-16-be") for code, letters in pairs}
            )
    return tables


def test_text_can_be_copied(sheet, file):
    regular, bold = unicode_tables(file)
    lines = re.findall(r"/(Regular|Bold) (\d+) Tf .*? <(\w+)> Tj", content(file))
    read = [
        "".join((bold if name == "Bold" else regular)[code[i : i + 4]] for i in range(0, len(code), 4))
        for name, _, code in lines
    ]
    assert read == [mark.text for mark in sheet.page().marks if isinstance(mark, Text)]


def embedded_fonts(file):
    return [TTFont(BytesIO(data)) for words, data in objects(file).values() if "/Length1" in words]


def test_the_letters_are_those_of_the_font(file):
    for number, (font, table) in enumerate(zip(embedded_fonts(file), unicode_tables(file), strict=True)):
        whole = TTFont(font_file(bold=bool(number)))
        for code, letter in table.items():
            drawn = outline(font, font.getGlyphOrder()[int(code, 16)])
            assert drawn == outline(whole, whole.getBestCmap()[ord(letter)])
            assert letter == " " or drawn


def outline(font, name):
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[name].draw(pen)
    return pen.value


def test_lines_are_as_wide_as_the_layout_says(sheet, file):
    """Width in a reader = sum of the font's advances x size x stretch."""
    fonts = dict(zip(("Regular", "Bold"), embedded_fonts(file), strict=True))
    marks = [mark for mark in sheet.page().marks if isinstance(mark, Text)]
    lines = re.findall(r"/(\w+) (\d+) Tf ([\d.]+) Tz (\d+) (\d+) Td <(\w+)> Tj", content(file))
    for (name, size, stretch, x, _, code), mark in zip(lines, marks, strict=True):
        font = fonts[name]
        names = [font.getGlyphOrder()[int(code[i : i + 4], 16)] for i in range(0, len(code), 4)]
        advance = sum(font["hmtx"][glyph][0] for glyph in names) / font["head"].unitsPerEm
        assert advance * int(size) * float(stretch) / 100 == pytest.approx(mark.width, abs=0.6)
        assert int(x) == mark.x
        assert 85 < float(stretch) < 115, "letters are hardly distorted"


def test_the_title_is_in_the_file_s_properties(file):
    words, _ = only(file, "/Producer")
    assert bytes.fromhex(re.search(r"/Title <(\w+)>", words)[1]).decode("utf-16") == "A (very) \\ good title"
    assert "Date" not in words


@pytest.mark.slow
def test_letters_that_the_font_lacks_and_no_text_at_all_are_no_error():
    assert Sheet([Tile(noise(4, 4), "猫 👩\u200d🚀 \ud800")]).encoded(".pdf").startswith(b"%PDF")
    assert Sheet([Tile(noise(4, 4))]).encoded(".pdf").startswith(b"%PDF")
