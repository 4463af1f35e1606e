"""Paths, sizes, charts and words by themselves."""

import re
from dataclasses import replace

import numpy as np
import pytest

from phosphene.atlas.records import TrustRow
from phosphene.explore import charts, paths, questions, sizes, words
from phosphene.explore.data import _cell, finite
from phosphene.explore.sprites import Cut, sprite
from tests.explore.reading import read

HOSTILE = (
    *(
        "../../x",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a b",
        "a%2e%2e",
        "<script>",
        'a"b',
        "a'b",
        "CON",
        "a\0b",
        "ä",
        "A",
        "a",
    ),
    *("a/b", "a\\b", "x" * 500, "\u202eabc", "-", "--", "a?b#c", "&amp;", "\n", "$(x)", "`x`", "=1+1", "a:b"),
)


def test_slugs_are_plain_and_differ_where_case_does_not_count():
    found = paths.slugs(HOSTILE)
    assert list(found) == list(HOSTILE)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,70}", slug) for slug in found.values())
    assert len({slug.lower() for slug in found.values()}) == len(HOSTILE)


def test_plain_names_stay_readable():
    assert paths.slugs(["relu1", "features.12.cat"]) == {"relu1": "relu1", "features.12.cat": "features-12-cat"}


@pytest.mark.parametrize(
    ("path", "root"), [("index.html", ""), ("images/1.html", "../"), ("layers/a/1.html", "../../")]
)
def test_the_way_to_the_top(path, root):
    assert paths.root(path) == root


@pytest.mark.parametrize("cell", [1, 5, 7, 14, 32, 48])
def test_small_pictures_are_enlarged_by_whole_numbers(cell):
    size = sizes.enlarged(cell)
    assert size.sharp
    assert size.side % cell == 0
    assert size.nine % (3 * cell) == 0
    assert sizes.TILE / 2 < size.side <= max(sizes.TILE, cell)


def test_the_style_sheet_has_every_size_that_tiles_take():
    rules = sizes.size_rules()
    for cell in range(1, 113):
        size = sizes.enlarged(cell)
        assert f".s{size.side}," in rules
        assert f".n{size.nine}{{" in rules


def test_a_cut_picture_lies_where_its_whole_would():
    from PIL import Image

    white = Image.new("RGB", (2, 4), "white")
    for cut, left in ((Cut(left=True), 2), (Cut(right=True), 0), (Cut(), 1), (Cut(left=True, right=True), 1)):
        shown = np.asarray(sprite([white], 1, 4, [cut]))[..., 3] > 0
        assert np.flatnonzero(shown.any(0)).tolist() == [left, left + 1]


def test_small_pictures_fill_their_cell_where_they_are_asked_to():
    from PIL import Image

    shown = np.asarray(sprite([Image.new("RGB", (2, 4), "white")], 1, 8, [Cut(left=True)], fill=True))[..., 3] > 0
    assert shown.any(1).all()
    assert np.flatnonzero(shown.any(0)).tolist() == [4, 5, 6, 7]


def test_a_histogram_is_numpys():
    peaks = np.random.default_rng(3).gamma(2, 1, 500)
    peaks[:7] = np.nan
    drawn = read(str(charts.histogram(peaks, [("50 %", float(np.nanmedian(peaks)))])).encode())
    counts, _ = np.histogram(peaks[7:], charts.BINS, (0, peaks[7:].max()))
    tall = np.array([float(bar.attributes["height"]) for bar in drawn.all("rect")])
    np.testing.assert_allclose(tall / tall.max(), counts / counts.max(), atol=0.002)
    mark = float(drawn.all("line")[0].attributes["x1"])
    assert mark / charts.WIDTH == pytest.approx(np.nanmedian(peaks) / peaks[7:].max(), abs=0.001)
    assert "493 pictures" in drawn.all("svg")[0].attributes["aria-label"]


@pytest.mark.parametrize("peaks", [np.array([]), np.array([np.nan, np.inf])])
def test_nothing_is_drawn_of_no_peaks(peaks):
    assert charts.histogram(peaks) == ""


def test_a_histogram_of_negative_and_equal_peaks():
    assert charts.histogram(np.full(5, -2.0)).count("<rect") == charts.BINS
    assert charts.histogram(np.zeros(5)).count("<rect") == charts.BINS


def row(**changed):
    return replace(TrustRow("a", 1, "specificity", 0.5, 0.25, 0.75, 0.0, "<b>nothing</b>", "s", ""), **changed)


def test_a_whisker_stands_where_its_figures_are():
    drawn = read(str(charts.whisker(row())).encode())
    inner = charts.SPAN - 10
    assert float(drawn.all("circle")[0].attributes["cx"]) == pytest.approx(5 + inner / 2, abs=0.1)
    band, tick = drawn.all("line", "interval")[0].attributes, drawn.all("line", "baseline")[0].attributes
    assert (float(band["x1"]), float(band["x2"])) == pytest.approx((5 + inner / 4, 5 + 3 * inner / 4), abs=0.1)
    assert float(tick["x1"]) == pytest.approx(5)
    assert drawn.all("svg")[0].attributes["aria-label"] == "0.500, compared with 0 for <b>nothing</b>"


@pytest.mark.parametrize("value", [-3.0, 1.7, 250.0])
def test_a_whisker_reaches_beyond_one(value):
    drawn = read(str(charts.whisker(row(value=value, low=None, high=None))).encode())
    assert 5 <= float(drawn.all("circle")[0].attributes["cx"]) <= charts.SPAN - 5


def test_there_is_no_whisker_of_nothing():
    assert charts.whisker(row(value=float("nan"))) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.123456, "0.123"),
        (-2.5, "−2.50"),
        (12345.6, "12,346"),
        (None, "–"),
        (float("nan"), "–"),
        (7.0, "7.00"),
    ],
)
def test_numbers_are_said_with_three_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(-0.001, "0.00"), (-0.5, "−0.50"), (0.125, "0.12"), (float("nan"), "–")])
def test_hundredths(value, text):
    assert words.hundredths(value) == text


def test_questions_stand_under_the_headings_of_the_card():
    rows = [
        row(question=question) for question in ("recall", "occlusion guided switches", "class", "halves", "new one")
    ]
    found = {heading: [each.question for each in some] for heading, some in questions.grouped(rows)}
    assert found == {
        "Do its pictures tell": ["recall"],
        "Which pixels drive it": ["occlusion guided switches"],
        "What it responds to": ["class"],
        "Is it one thing, and is it the only one": ["halves"],
        "Further figures": ["new one"],
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_name_becomes_a_formula(name):
    assert _cell(name) == f"'{name}"


def test_what_json_does_not_have_is_none():
    assert finite({"a": [float("nan"), 1.0, (float("inf"), "x")]}) == {"a": [None, 1.0, [None, "x"]]}
