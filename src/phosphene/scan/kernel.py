"""One pass over a layer's output: everything that is kept of each unit in each image.

Memory is read once, units side by side in the processor's lanes. Where numba is missing, NumPy gives the same numbers
in several passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    from phosphene.scan import loops
except ImportError:  # no numba
    loops = None  # type: ignore[assignment]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Reduced:
    """What a batch of maps comes down to, each (N, C): one row for an image, one column for a unit.

    Attributes:
        total: sum of the finite values, float64.
        squares: sum of their squares, float64.
        largest: the largest finite value, float32; minus infinity where there is none.
        smallest: the smallest, likewise; plus infinity where there is none.
        positive: how many are above zero.
        finite: how many there are; the rest of the positions hold NaN or infinity.
    """

    total: Floats
    squares: Floats
    largest: Floats
    smallest: Floats
    positive: Integers
    finite: Integers


def reduced(maps: Floats) -> Reduced:
    """Reduce ``maps`` (N, positions, C), float32 and contiguous, over their positions."""
    images, positions, units = maps.shape
    shape = (images, units)
    result = Reduced(
        np.zeros(shape),
        np.zeros(shape),
        np.full(shape, -np.inf, np.float32),
        np.full(shape, np.inf, np.float32),
        np.zeros(shape, np.int32),
        np.full(shape, positions, np.int64),
    )
    reduce = _reduce_by_numpy if loops is None else loops.reduce
    reduce(maps, result.total, result.squares, result.largest, result.smallest, result.positive)
    for image in np.flatnonzero(~np.isfinite(result.squares).all(1)):
        _without_nonfinite(maps[image], result, int(image))
    return result


def places(maps: Floats, images: Integers, units: Integers) -> Integers:
    """Return the first position of the largest finite value of each (image, unit) pair, int32."""
    found = np.zeros(len(images), np.int32)
    if loops is None:
        values = maps[images, :, units]
        found[...] = np.where(np.isfinite(values), values, -np.inf).argmax(1)
    else:
        loops.search(maps, images.astype(np.int64), units.astype(np.int64), found)
    return found


def all_places(maps: Floats, images: Integers) -> Integers:
    """Return the first position of the largest finite value of every unit of some images, (images, C), int32."""
    found = np.zeros((len(images), maps.shape[2]), np.int32)
    if loops is None:
        found[...] = np.where(np.isfinite(maps[images]), maps[images], -np.inf).argmax(1)
    else:
        loops.search_all(maps, images.astype(np.int64), found)
    return found


def _without_nonfinite(values: Floats, result: Reduced, image: int) -> None:
    """Do one image (positions, C) again, leaving NaN and infinity out."""
    finite = np.isfinite(values)
    kept = np.where(finite, values, 0).astype(np.float64)
    result.total[image] = kept.sum(0)
    result.squares[image] = (kept**2).sum(0)
    result.largest[image] = np.where(finite, values, -np.inf).max(0)
    result.smallest[image] = np.where(finite, values, np.inf).min(0)
    result.positive[image] = ((kept > 0) & finite).sum(0)
    result.finite[image] = finite.sum(0)


def _reduce_by_numpy(
    maps: Floats, total: Floats, squares: Floats, largest: Floats, smallest: Floats, positive: Integers
) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        maps.sum(1, dtype=np.float64, out=total)
        np.einsum("npc,npc->nc", maps.astype(np.float64), maps, out=squares)
        maps.max(1, out=largest)
        maps.min(1, out=smallest)
        positive[...] = (maps > 0).sum(1)
