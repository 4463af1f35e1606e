"""A laid-out page: what stands where, in whole pixels. Laid out once; every painter draws the same marks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

Role = Literal["ink", "faint"]


@dataclass(frozen=True)
class Photo:
    """A picture, drawn ``width`` x ``height`` large with its top left corner at (x, y); ``around_grey``: see `Tile`."""

    x: int
    y: int
    width: int
    height: int
    image: Image.Image
    around_grey: bool = False


@dataclass(frozen=True)
class Hatch:
    """The ground of a tile that has no picture."""

    x: int
    y: int
    width: int
    height: int

    @staticmethod
    def spacing(dpi: int) -> tuple[int, int]:
        """Return how far apart the slanted lines are, measured sideways, and how thick, in pixels."""
        return max(3, round(4 * dpi / 72)), max(1, round(0.5 * dpi / 72))


@dataclass(frozen=True)
class Text:
    """One line of text, its left end on the baseline at (x, y). ``width`` is what it measures."""

    x: int
    y: int
    text: str
    size: int
    width: int
    role: Role = "ink"
    bold: bool = False


Mark = Photo | Hatch | Text


def moved(mark: Mark, x: int, y: int) -> Mark:
    """Return ``mark`` moved right by ``x`` and down by ``y``."""
    return replace(mark, x=mark.x + x, y=mark.y + y)


@dataclass(frozen=True)
class Page:
    """All marks of a sheet. ``dpi`` pixels are one inch."""

    width: int
    height: int
    dpi: int
    title: str
    marks: tuple[Mark, ...]
