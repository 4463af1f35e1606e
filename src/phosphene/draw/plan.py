"""What must be known of a whole sheet before its parts are laid out: columns, gaps, the size of a tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt

from phosphene.draw import text
from phosphene.draw.fit import fitted
from phosphene.draw.tile import Group, Tile

# Lengths in points, 1/72 inch.
PAGE = 500.0  # the width a sheet aims at: the text of a paper over two columns
SMALLEST, LARGEST = 30.0, 108.0  # edge of a tile
LABEL = 6.0
TIGHT, NEAR, FAR = 1.5, 5.0, 14.0


def points(length: float, dpi: int) -> int:
    """Return a length of ``length`` points in whole pixels, at least one."""
    return max(1, round(length * dpi / 72))


def tiles(node: Tile | Group) -> Iterator[Tile]:
    """Yield all tiles in ``node``, in reading order."""
    if isinstance(node, Tile):
        yield node
    else:
        for child in node.tiles:
            yield from tiles(child)


def columns(group: Group) -> int:
    """Return how many columns a group has: as asked, or so that rows are full and the whole a little wide."""
    count = len(group.tiles)
    if group.columns is not None:
        return max(1, min(group.columns, count))
    if count <= 6:
        return max(1, count)
    wanted = sqrt(1.6 * count)
    choice = range(ceil(sqrt(count)), ceil(sqrt(2.6 * count)) + 1)
    return min(choice, key=lambda n: (-count % n / n + abs(n - wanted) / wanted, n))


def gap(group: Group, outer: bool) -> float:
    """Return the space between the members of a group, in points."""
    if any(isinstance(child, Group) for child in group.tiles):
        return FAR if outer else NEAR
    return NEAR if outer or any(_spoken(child) for child in tiles(group)) else TIGHT


def _spoken(tile: Tile) -> bool:
    return bool(tile.label or tile.value or tile.captions)


def _across(node: Tile | Group, outer: bool = True) -> tuple[int, float]:
    """Return how many tiles stand side by side in ``node`` and the space between them in points."""
    if isinstance(node, Tile):
        return 1, 0.0
    count, between = 1, 0.0
    if node.tiles:
        count, between = max(_across(child, outer=False) for child in node.tiles)
    own = columns(node)
    return own * count, own * between + (own - 1) * gap(node, outer)


@dataclass(frozen=True)
class Plan:
    """One resolution and one size of tile for a whole sheet.

    Attributes:
        dpi: pixels an inch.
        edge: the longest side a picture may have, in pixels.
        cell: the width that every tile takes, in pixels.
        stacked: values stand below their labels, because beside them most have no room.
    """

    dpi: int
    edge: int
    cell: int
    stacked: bool

    @classmethod
    def of(cls, group: Group, dpi: int, tile_size: float | None = None) -> Plan:
        """Plan a sheet. ``tile_size`` is the longest side of a picture in points; None chooses it."""
        if tile_size is None:
            count, between = _across(group)
            tile_size = min(max((PAGE - between) / count, SMALLEST), LARGEST)
        edge = points(tile_size, dpi)
        widths = (fitted(tile.picture.size, edge)[0] for tile in tiles(group) if tile.picture)
        cell = max(widths, default=edge)
        return cls(dpi, edge, cell, _stacked(group, cell, points(LABEL, dpi)))

    def px(self, length: float) -> int:
        """Return a length of ``length`` points in whole pixels, at least one."""
        return points(length, self.dpi)

    def height(self, row: Iterable[Tile]) -> int:
        """Return the height of the pictures in one row of tiles."""
        shown = [tile.picture.size for tile in row if tile.picture]
        return max((fitted(size, self.edge)[1] for size in shown), default=self.cell)


def _stacked(group: Group, cell: int, size: int) -> bool:
    both = [tile for tile in tiles(group) if tile.label and tile.value]
    lines = (text.width(f"{text.clean(tile.label)}  {text.clean(tile.value)}", size) for tile in both)
    return 2 * sum(line > cell for line in lines) > len(both)
