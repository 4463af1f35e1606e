"""A square that slides over a picture: where it stands, and where it is worth looking more closely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.errors import UsageError

COARSE = 0.6
"""Sides of the square that neighbouring places of the coarse grid are apart at most: they overlap, so that nothing of
the picture is passed over."""


@dataclass(frozen=True, eq=False)
class Slide:
    """The places of a square of ``side`` pixels: every ``stride`` pixels, and at the far borders.

    Attributes:
        size: (H, W) of the picture.
        side: of the square, in pixels.
        stride: between neighbouring places.
    """

    size: tuple[int, int]
    side: int
    stride: int

    def __post_init__(self) -> None:
        if not 1 <= self.side < min(self.size):
            most = min(self.size) - 1
            raise UsageError(f"a square of {self.side} pixels hides nothing or all; give a side from 1 to {most}")
        if self.stride < 1:
            raise UsageError(f"a stride of {self.stride} goes nowhere; give 1 or more")

    @property
    def starts(self) -> tuple[list[int], list[int]]:
        """The squares' first rows and first columns."""
        down, across = (_starts(length - self.side, self.stride) for length in self.size)
        return down, across

    @property
    def squares(self) -> Tensor:
        """(R, C, 4) top, left, bottom, right, the ends excluded."""
        tops, lefts = torch.meshgrid(*(torch.tensor(start) for start in self.starts), indexing="ij")
        return torch.stack([tops, lefts, tops + self.side, lefts + self.side], 2)


def _starts(last: int, stride: int) -> list[int]:
    return sorted({*range(0, last + 1, stride), last})


Cell = tuple[int, int, int, int]
"""First and last row and column of a block of places, the ends included."""
Ask = Callable[[list[tuple[int, int]]], None]
"""Measures some places of the grid."""
IsEven = Callable[[Cell], bool]
"""Whether the middle of a cell is what its corners promise, so that what lies between need not be measured."""


def coarse_to_fine(slide: Slide, ask: Ask, is_even: IsEven) -> list[Cell]:
    """Ask for a coarse grid of places, and for those between where its cells are not even, again and again.

    Returns:
        The cells that were left because they are even.
    """
    rows, columns = (len(start) for start in slide.starts)
    step = 1
    while 2 * step * slide.stride <= COARSE * slide.side:
        step *= 2
    downs, acrosses = (_cuts(count, step) for count in (rows, columns))
    cells = [(*down, *across) for down in downs for across in acrosses]
    even: list[Cell] = []
    known: set[tuple[int, int]] = set()
    while cells:
        wanted = sorted({place for cell in cells for place in (*corners(cell), middle(cell))} - known)
        ask(wanted)
        known.update(wanted)
        left = [cell for cell in cells if cell[1] - cell[0] > 1 or cell[3] - cell[2] > 1]
        alike = {cell for cell in left if is_even(cell)}
        even += alike
        cells = [part for cell in left if cell not in alike for part in _quarters(cell)]
    return even


def _cuts(count: int, step: int) -> list[tuple[int, int]]:
    """Cut 0 ... count - 1 into blocks of ``step`` that share their ends."""
    ends = sorted({*range(0, count, step), count - 1})
    return list(pairwise(ends)) or [(0, 0)]


def corners(cell: Cell) -> list[tuple[int, int]]:
    """Return the four places at the corners of a cell."""
    top, bottom, left, right = cell
    return [(top, left), (top, right), (bottom, left), (bottom, right)]


def middle(cell: Cell) -> tuple[int, int]:
    """Return the place in the middle of a cell."""
    return (cell[0] + cell[1]) // 2, (cell[2] + cell[3]) // 2


def _quarters(cell: Cell) -> Iterator[Cell]:
    top, bottom, left, right = cell
    for down in _halves(top, bottom):
        for across in _halves(left, right):
            yield (*down, *across)


def _halves(first: int, last: int) -> list[tuple[int, int]]:
    half = (first + last) // 2
    return [(first, last)] if last - first <= 1 else [(first, half), (half, last)]


def promised(values: Floats, slide: Slide, cell: Cell, place: tuple[int, int]) -> Floats:
    """Return what the corners of a cell of ``values`` (R, C, ...) promise for a place in it: bilinear interpolation."""
    top, bottom, left, right = cell
    down, across = slide.starts
    v = (down[place[0]] - down[top]) / max(down[bottom] - down[top], 1)
    u = (across[place[1]] - across[left]) / max(across[right] - across[left], 1)
    above = (1 - u) * values[top, left] + u * values[top, right]
    below = (1 - u) * values[bottom, left] + u * values[bottom, right]
    found: Floats = (1 - v) * above + v * below
    return found


def within_cell(cell: Cell) -> Iterator[tuple[int, int]]:
    """Yield the places of a cell."""
    for row in range(cell[0], cell[1] + 1):
        for column in range(cell[2], cell[3] + 1):
            yield row, column
