"""How the positions of a layer lie over the picture: which one is nearest to a pixel, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phosphene.geometry import Span, View
from phosphene.project.receptive import Box, box_of


@dataclass(frozen=True)
class Lattice:
    """The positions of a layer over the picture that the network sees.

    Attributes:
        view: what a position sees; None where that may be everything.
        positions: (H, W) of the maps.
        picture: (H, W) of the picture.
    """

    view: View | None
    positions: tuple[int, int]
    picture: tuple[int, int]

    def nearest(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return for each row of the picture the row of the map whose middle is nearest, and so for the columns."""
        spans = (None, None) if self.view is None else (self.view.rows, self.view.columns)
        rows, columns = map(_nearest, spans, self.positions, self.picture)
        return rows, columns

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return the position nearest to a point, which is given as shares of the picture's sides."""
        rows, columns = self.nearest()
        row, column = (min(int(share * n), n - 1) for share, n in zip((y, x), self.picture, strict=True))
        return int(rows[row]), int(columns[column])

    def box(self, place: tuple[int, int]) -> Box:
        """Return the pixels that a position sees; they may reach beyond the picture."""
        return box_of(self.view, place, self.picture)

    def shares(self, place: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return what a position sees of the picture, (x0, y0, x1, y1) as shares of its sides."""
        box, (height, width) = self.box(place), self.picture
        edges = (box.left / width, box.top / height, box.right / width, box.bottom / height)
        x0, y0, x1, y1 = (min(max(edge, 0.0), 1.0) for edge in edges)
        return x0, y0, x1, y1


def _nearest(span: Span | None, positions: int, pixels: int) -> NDArray[np.intp]:
    """Return the position nearest to each pixel, by the middle of what it sees; the first on ties."""
    if span is None:
        middles = (np.arange(positions) + 0.5) * pixels / positions
    else:
        middles = np.array([sum(span.at(position)) / 2 for position in range(positions)])
    return np.asarray(np.abs(middles - (np.arange(pixels)[:, None] + 0.5)).argmin(1))
