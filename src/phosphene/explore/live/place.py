"""Which units answer at a place of a picture, and how unusual that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench

MOST = 24


@dataclass(frozen=True)
class UnitAt:
    """A unit's value at the place, and the share of the sample's pictures whose peak is lower."""

    unit: int
    value: float
    quantile: float


@dataclass(frozen=True)
class PlaceAnswer:
    """What happens at one place of a layer.

    Attributes:
        place: row and column in the maps.
        box: what it sees, (x0, y0, x1, y1) as shares of the picture's sides.
        units: those that are not silent there, the most unusual first.
        of: how many units the layer has.
    """

    place: tuple[int, int]
    box: tuple[float, float, float, float]
    units: tuple[UnitAt, ...]
    of: int


def place(bench: Bench, asked: Asked) -> PlaceAnswer:
    """Answer ``image``, ``layer``, ``x``, ``y``."""
    image, layer, x, y = asked.text("image"), asked.layer(bench.net), asked.share("x"), asked.share("y")
    inputs, maps = bench.seeing.inputs(image), bench.seeing.maps(image, layer)
    bench.go_on()
    lattice = bench.lattice(layer, maps, inputs)
    row, column = lattice.at(x, y)
    values = maps[:, row, column].double().numpy()
    lower = bench.sample.lower(layer, values)
    order = np.lexsort((-np.nan_to_num(values, nan=-np.inf), -np.nan_to_num(lower, nan=-1)))
    best = [index for index in order.tolist() if values[index] != 0][:MOST]
    found = tuple(UnitAt(index, float(values[index]), float(lower[index])) for index in best)
    return PlaceAnswer((row, column), lattice.shares((row, column)), found, len(values))
