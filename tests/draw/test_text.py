"""Widths against the font's own file, and that nothing is ever wider than asked."""

import unicodedata
from itertools import pairwise

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from phosphene.draw import text
from phosphene.draw.text import clean, font_file, shorten, width, wrap


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("line", ["conv2:9", "layer1.0.relu_1:255", "Größe ±0.83 → ∞"])
def test_widths_are_those_of_the_font_file(line, bold):
    font = TTFont(font_file(bold))
    names, metrics = font.getBestCmap(), font["hmtx"]
    advance = sum(metrics[names[ord(c)]][0] for c in line) / font["head"].unitsPerEm
    assert width(line, 400, bold) == pytest.approx(advance * 400, rel=0.02)  # kerning and hinting


def test_short_text_stays_and_long_text_keeps_both_ends():
    assert shorten("conv2:9", 1000, 12) == "conv2:9"
    short = shorten("layer4.2.downsample.add_1:1023", 100, 12)
    head, tail = short.split("…")
    assert "layer4.2.downsample.add_1:1023".startswith(head)
    assert "layer4.2.downsample.add_1:1023".endswith(tail)
    assert min(len(head), len(tail)) >= 4
    assert width(short, 12) <= 100 < width(short, 12) + 2 * 12, "shortened more than needed"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(0, 200), st.integers(6, 30), st.booleans())
def test_nothing_is_wider_than_asked(line, limit, size, bold):
    assert width(shorten(clean(line), limit, size, bold), size, bold) <= limit
    rows = wrap(line, limit, size, 3, bold)
    assert len(rows) <= 3
    assert all(width(row, size, bold) <= limit for row in rows)


def test_wrapping_loses_no_word_while_there_is_room():
    line = "not active anywhere in this image"
    rows = wrap(line, 80, 12, 9)
    assert " ".join(rows) == line
    assert len(rows) > 2
    for row, after in pairwise(rows):
        assert width(f"{row} {after.split()[0]}", 12) > 80, "a line broke too early"


def test_the_last_line_takes_the_rest_shortened():
    rows = wrap("one two three four five six seven eight", 60, 12, 2)
    assert len(rows) == 2
    assert "…" in rows[1]
    assert rows[1].endswith("ght")


def test_clean_text_is_one_line_of_characters_that_can_be_shown():
    assert clean("  a\tb\n\nc\r\n") == "a b c"
    assert clean("a\x00b\x1bc\ud800d\ufffee") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert clean("abc\u202edef") == "abc\ufffddef", "a mark that turns the reading direction round"
    assert clean("naïve 猫 👩\u200d🚀 \u0301") == "naïve 猫 👩\u200d🚀 \u0301"


@given(st.text(max_size=40))
def test_clean_text_is_fit_for_xml(line):
    assert not any(unicodedata.category(c) in ("Cc", "Cs") or ord(c) in (0xFFFE, 0xFFFF) for c in clean(line))


def test_a_combining_mark_is_not_parted_from_its_letter():
    assert not text._ends("abcdefe\u0301", 2).endswith("…\u0301")


def test_east_asian_letters_are_given_the_room_of_a_square():
    assert width("猫猫猫猫", 20) >= 4 * 20
