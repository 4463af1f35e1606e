"""What must be known of a whole sheet before its parts are laid out: columns, gaps, the size of a tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt

from phosphene.draw import text
from phosphene.draw.fit import enlarged, fitted
from phosphene.draw.tile import Group, Tile

# Lengths in points, 1/72 inch.
PAGE = 500.0  # the width a sheet aims at: the text of a paper over two columns
SMALLEST, LARGEST = 46.0, 108.0  # edge of a tile; 46 is 96 pixels at 150 an inch, three times 32
LABEL = 6.0
TIGHT, NEAR, FAR = 1.5, 5.0, 12.0

ROW_HEADER = 80.0  # the most that the words left of a row take

FEW, MANY = 6, 16  # tiles side by side: up to FEW always, never more than MANY unless asked for


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
    wide = max((_across(child, outer=False)[0] for child in group.tiles), default=1)
    high = max((_rows(child) for child in group.tiles), default=1)
    if count * wide <= FEW:
        return max(1, count)
    wanted = sqrt(1.6 * count * high / wide)
    most = max(1, min(ceil(1.3 * wanted), MANY // wide))
    choice = range(min(ceil(0.75 * wanted), most), most + 1)
    return min(choice, key=lambda n: (-count % n / n + abs(n - wanted) / wanted, n))


def _rows(node: Tile | Group) -> int:
    """Return how many tiles stand above one another in ``node``."""
    if isinstance(node, Tile) or not node.tiles:
        return 1
    return ceil(len(node.tiles) / columns(node)) * max(_rows(child) for child in node.tiles)


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
    headers = ROW_HEADER + NEAR if node.row_headers else 0.0
    return own * count, own * between + (own - 1) * gap(node, outer) + headers


@dataclass(frozen=True)
class Plan:
    """One resolution and one size of tile for a whole sheet.

    Attributes:
        dpi: pixels an inch.
        edge: the longest side a picture may have, in pixels.
        cell: the width that every tile takes, in pixels.
        blank: the height of a row of tiles none of which has a picture, in pixels.
        stacked: values stand below their labels, because beside them most have no room.
    """

    dpi: int
    edge: int
    cell: int
    blank: int
    stacked: bool

    @classmethod
    def of(cls, group: Group, dpi: int, tile_size: float | None = None) -> Plan:
        """Plan a sheet. ``tile_size`` is the longest side of a picture in points; None chooses it."""
        if tile_size is None:
            count, between = _across(group)
            tile_size = min(max((PAGE - between) / count, SMALLEST), LARGEST)
        edge = points(tile_size, dpi)
        sizes = [fitted(tile.picture.size, edge) for tile in tiles(group) if tile.picture] or [(edge, edge)]
        cell = max(edge // 2, *(width for width, _ in sizes))  # words need some room below narrow pictures
        blank = max(height for _, height in sizes)
        return cls(dpi, edge, cell, blank, _stacked(group, cell, points(LABEL, dpi)))

    def px(self, length: float) -> int:
        """Return a length of ``length`` points in whole pixels, at least one."""
        return points(length, self.dpi)

    def height(self, row: Iterable[Tile]) -> int:
        """Return the height of the pictures in one row of tiles."""
        shown = [tile.picture.size for tile in row if tile.picture]
        return max((fitted(size, self.edge)[1] for size in shown), default=self.blank)

    def reduces_signed(self, group: Group) -> bool:
        """Say whether any picture around grey is drawn smaller than it is."""
        signed = (tile.picture for tile in tiles(group) if tile.picture and tile.around_grey)
        return any(not enlarged(picture, fitted(picture.size, self.edge)) for picture in signed)


def _stacked(group: Group, cell: int, size: int) -> bool:
    both = [tile for tile in tiles(group) if tile.label and tile.value]
    lines = (text.width(f"{text.clean(tile.label)}  {text.clean(tile.value)}", size) for tile in both)
    return 2 * sum(line > cell for line in lines) > len(both)
