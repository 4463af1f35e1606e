"""Plots are read back from their SVG, where words are words; matplotlib's settings are left alone."""

import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from phosphene.draw.plots import Panel, Series, bars, confusion, curves
from phosphene.errors import PhospheneError

SVG = "{http://www.w3.org/2000/svg}"


def words(plot, **how):
    return ["".join(e.itertext()) for e in ElementTree.fromstring(plot.encoded(".svg", **how)).iter(f"{SVG}text")]


def pixels_of(image, colour, within=12):
    goal = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.argwhere((np.abs(np.asarray(image).astype(int) - goal) < within).all(axis=2))


@pytest.mark.slow
def test_each_line_is_named_at_its_end_and_falls_as_its_values_do():
    plot = curves([Panel("Loss", [Series("training", [4.0, 2.0, 1.0, 0.5]), Series("test", [4.0, 3.0, 3.0, 3.0])])])
    assert {"Loss", "training", "test", "epoch"} <= set(words(plot))
    image = plot.image()
    for colour, last in (("#0072b2", 0.5), ("#d55e00", 3.0)):
        places = pixels_of(image, colour)
        line = places[places[:, 1] < 0.8 * image.width]  # without the name
        start, end = line[line[:, 1].argmin()], line[line[:, 1].argmax()]
        assert (end[0] > start[0] + 20) == (last < 4)


def test_names_at_the_ends_of_lines_that_meet_do_not_overlap():
    plot = curves([Panel("", [Series(f"line {i}", [1.0, 2.0 + i / 1000]) for i in range(9)])], title="")
    root = ElementTree.fromstring(plot.encoded(".svg"))
    named = [e for e in root.iter(f"{SVG}text") if "".join(e.itertext()).startswith("line")]
    heights = [float(e.get("y")) for e in named]
    assert len(heights) == 9
    assert np.diff(heights).max() < -7, "from the lowest up, points apart of a font of 7"
    assert min(heights) > 7


def test_percentages_and_given_places_are_written_on_the_axes():
    plot = curves([Panel("Accuracy", [Series("test", [0.5, 0.7, 0.9])], percent=True)], x=[0, 50, 100], x_label="step")
    shown = words(plot)
    assert "step" in shown
    assert "70 %" in shown
    assert "100" in shown


@pytest.mark.slow
def test_an_interval_is_a_band_around_its_line():
    line = Series("test", [0.5, 0.5, 0.5], ([0.2, 0.2, 0.2], [0.9, 0.9, 0.9]))
    band = curves([Panel("", [line])]).image()
    plain = curves([Panel("", [Series("test", [0.5, 0.5, 0.5])])]).image()
    paler = [int(255 - 0.18 * (255 - c)) for c in (0x00, 0x72, 0xB2)]
    colour = "#{:02x}{:02x}{:02x}".format(*paler)
    assert len(pixels_of(band, colour, 4)) > 20 * len(pixels_of(plain, colour, 4)) + 5000


@pytest.mark.slow
def test_single_points_and_gaps_are_drawn():
    for values in ([1.0], [1.0, float("nan"), 2.0], [float("nan")]):
        assert curves([Panel("Loss", [Series("train", values)])]).image().width > 100


def test_bars_are_as_long_as_their_values():
    image = bars(["a", "b", "c"], [1.0, 0.5, 0.25]).image()
    places = pixels_of(image, "#0072b2", 3)
    rows = np.array([np.sum(places[:, 0] == y) for y in range(image.height)])
    lengths = [
        int(np.median(part[part > 0])) for part in np.split(rows, np.flatnonzero(np.diff(rows > 0)) + 1) if part.any()
    ]
    assert lengths == pytest.approx([lengths[0], lengths[0] / 2, lengths[0] / 4], abs=3)


def test_bars_carry_names_values_and_dashes_where_there_is_none():
    shown = words(bars(["light", "dark"], [0.4123, float("nan")], x_label="share", percent=True))
    assert {"light", "dark", "41.2 %", "–", "share"} <= set(shown)
    assert "−0.123" in words(bars(["a"], [-0.123]))


def test_the_confusion_matrix_shows_counts_and_shares():
    shown = words(confusion([[90, 10], [25, 75]], ["cat", "dog"], title="Confusion"))
    for text in ("90", "10", "25", "75", "90.0 %", "75.0 %", "cat", "dog", "true class", "taken for", "Confusion"):
        assert text in shown
    assert shown.count("cat") == 2


@pytest.mark.slow
def test_the_confusion_matrix_is_darkest_where_most_are():
    image = confusion([[90, 10, 0], [0, 50, 50], [0, 0, 0]], ["a", "b", "c"]).image()
    blue = len(pixels_of(image, "#0072b2", 14))  # sqrt(0.9) of the way
    assert blue > 1000
    assert "–" in words(confusion([[1, 0], [0, 0]], ["a", "b"])), "a class without images has no share"


@pytest.mark.slow
def test_many_classes_with_long_names_stay_legible():
    names = [f"a class with a rather long name, number {i}" for i in range(130)]
    shown = words(confusion(np.eye(130), names))
    assert 40 < len(shown) < 130
    assert all("…" in name for name in shown if name.startswith("a class"))


def test_names_with_dollars_are_no_formulas():
    assert "$a_b$ \\frac" in words(bars(["$a_b$ \\frac"], [1.0]))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: confusion([[1, 2, 3], [4, 5, 6]], ["a", "b"]), r"\(2, 3\) for 2 classes"),
        (lambda: confusion([1, 2], ["a", "b"]), "give a row and column"),
        (lambda: bars(["a"], [1.0, 2.0]), "1 names for 2 values"),
        (lambda: curves([Panel("", [Series("loss", [1.0])])], x=[1, 2]), "'loss' has 1 values for 2 places"),
    ],
)
def test_sizes_that_do_not_match_are_refused(make, said):
    with pytest.raises(PhospheneError, match=said):
        make()


@pytest.mark.slow
def test_settings_of_the_user_are_neither_changed_nor_used():
    plot = curves([Panel("Loss", [Series("train", [2.0, 1.0])])], title="Title")
    plain = plot.encoded(".png")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "theirs"}):
        before = dict(matplotlib.rcParams)
        assert plot.encoded(".png") == plain
        plot.encoded(".svg")
        plot.encoded(".pdf", "dark")
        assert dict(matplotlib.rcParams) == before


def test_settings_are_given_back_when_drawing_fails():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ValueError, match="shape"):
        bars(["a", "b"], [1.0, 2.0], ([1.0, 1.0, 1.0], [2.0])).image("dark")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = (
        "import sys; from phosphene.draw.plots import bars; from phosphene.draw.sheet import Sheet, Tile\n"
        "for figure in (bars(['a'], [1.0]), Sheet([Tile()])):\n"
        "    for kind in ('.png', '.svg', '.pdf'): figure.encoded(kind)\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
