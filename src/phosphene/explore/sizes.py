"""How large pictures stand on a page: small ones enlarged by whole numbers, so that their pixels stay even."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.explore.sprites import SMALL

TILE = 112
"""Pixels to a side of a tile, about."""
COARSE = 24
"""Pixels up to which a patch of any scale is enlarged without smoothing, so that it does not blur."""


@dataclass(frozen=True)
class Size:
    """A tile of ``side`` pixels, or ``nine`` for nine pictures; ``sharp`` if the pixels of its picture are enlarged."""

    side: int
    nine: int
    sharp: bool

    @property
    def classes(self) -> str:
        """The tile's classes in the style sheet, showing one picture or nine of them."""
        return f"s{self.side} n{self.nine}{' sharp' if self.sharp else ''}"


def enlarged(cell: int, wanted: int = TILE) -> Size:
    """Return the size of a tile whose picture has ``cell`` pixels to a side."""
    if cell > SMALL:
        return Size(wanted, wanted, False)
    return Size(cell * max(1, wanted // cell), 3 * cell * max(1, round(wanted / (3 * cell))), True)


def size_rules() -> str:
    """Return the part of the style sheet that says how large tiles are: pages have no styles of their own."""
    sides = range(16, 2 * TILE + 1)
    each = (f".s{side},.grid.nine .n{side}{{width:{side}px}}" for side in sides)
    return "".join(each)
