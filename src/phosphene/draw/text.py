"""Measuring, shortening and wrapping text in the one font that is the same on every machine.

DejaVu Sans comes with matplotlib. All sizes and widths are pixels of the page.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path

from PIL import ImageFont

ASCENT = 0.93  # of the size, above the baseline
LEADING = 1.28  # of the size, from line to line
ELLIPSIS = "…"
_SQUARE = 0.4  # of the size, that a square letter is wider than the box drawn for one that is missing
_JOINERS = "\u200c\u200d"  # they shape the letters beside them
_SPACES = "\t\n\v\f\r\u0085\u2028\u2029"


def font_file(bold: bool = False) -> Path:
    """Return the TrueType file of the regular or bold font, without the time that importing matplotlib takes."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    spec = find_spec("matplotlib")
    assert spec is not None  # it is required
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name


@lru_cache(maxsize=64)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font at ``size`` pixels. Basic layout: the other engine is not on every machine."""
    return ImageFont.truetype(str(font_file(bold)), size, layout_engine=ImageFont.Layout.BASIC)


def width(text: str, size: int, bold: bool = False) -> int:
    """Return how many pixels ``text`` takes, rounded up.

    East Asian letters count as square: the font lacks them, but whatever shows an SVG has one that does not.
    """
    square = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return ceil(font(size, bold).getlength(text) + _SQUARE * size * square)


def clean(text: str) -> str:
    """Return ``text`` on one line, without characters that no file format or font can show."""
    shown = (" " if c in _SPACES else c if _showable(c) else "\ufffd" for c in str(text))
    return " ".join("".join(shown).split())


def _showable(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Cn", "Co")


def shorten(text: str, limit: float, size: int, bold: bool = False) -> str:
    """Return ``text``, or its ends around an ellipsis, no wider than ``limit`` pixels ("" if none fits)."""
    if width(text, size, bold) <= limit:
        return text
    low, high = 0, len(text)  # characters kept; `low` fits, `high` does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if width(_ends(text, middle), size, bold) <= limit else (low, middle)
    short = _ends(text, low)
    return short if width(short, size, bold) <= limit else ""


def _ends(text: str, keep: int) -> str:
    tail = text[len(text) - keep // 2 :] if keep > 1 else ""
    while tail and unicodedata.combining(tail[0]):
        tail = tail[1:]
    return text[: keep - keep // 2].rstrip() + ELLIPSIS + tail.lstrip()


def wrap(text: str, limit: float, size: int, lines: int, bold: bool = False) -> list[str]:
    """Return ``text`` broken at spaces into at most ``lines`` lines, each no wider than ``limit`` pixels.

    What does not fit on the last line, and a word wider than a line, is shortened in its middle.
    """
    rows: list[str] = []
    words = clean(text).split()
    while words and len(rows) < lines - 1:
        row = words.pop(0)
        while words and width(f"{row} {words[0]}", size, bold) <= limit:
            row = f"{row} {words.pop(0)}"
        rows.append(row)
    if words:
        rows.append(" ".join(words))
    return [shorten(row, limit, size, bold) for row in rows]
