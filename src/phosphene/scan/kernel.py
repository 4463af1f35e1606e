"""One pass over a layer's output: everything that is kept of each unit in each image.

Memory is read once, units side by side in the processor's lanes; bfloat16 is widened there. Where numba is missing,
NumPy gives the same numbers in several passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phosphene.arrays import Floats, Integers

try:
    from phosphene.scan import loops as loops
except ImportError:  # no numba
    loops = None  # type: ignore[assignment]

Values = NDArray[Any]
"""Maps as they lie in memory: float32, or the bits of bfloat16 as int16, for which NumPy has no type."""


@dataclass(frozen=True)
class Reduced:
    """What a batch of maps comes down to, each (N, C): one row for an image, one column for a unit.

    Attributes:
        total: sum of the finite values, float64.
        squares: sum of their squares, float64.
        largest: the largest finite value, float32; minus infinity where there is none.
        place: the first position that has it, int32.
        smallest: the smallest, likewise; plus infinity where there is none.
        positive: how many are above zero.
        finite: how many there are; the rest of the positions hold NaN or infinity.
    """

    total: Floats
    squares: Floats
    largest: Floats
    place: Integers
    smallest: Floats
    positive: Integers
    finite: Integers


def reduced(maps: Values) -> Reduced:
    """Reduce ``maps`` (N, positions, C), contiguous, over their positions."""
    images, positions, units = maps.shape
    shape = (images, units)
    result = Reduced(
        np.zeros(shape),
        np.zeros(shape),
        np.full(shape, -np.inf, np.float32),
        np.zeros(shape, np.int32),
        np.full(shape, np.inf, np.float32),
        np.zeros(shape, np.int32),
        np.full(shape, positions, np.int64),
    )
    reduce = _reduce_by_numpy if loops is None else loops.reduce
    reduce(maps, result.total, result.squares, result.largest, result.place, result.smallest, result.positive)
    for image in np.flatnonzero(~np.isfinite(result.squares).all(1)):
        _without_nonfinite(widened(maps[image]), result, int(image))
    return result


def widened(values: Values) -> Floats:
    """Return float32: bfloat16, which comes as the int16 of the same bits, is the upper half of one."""
    if values.dtype != np.int16:
        return values
    wide: Floats = (values.astype(np.int32) << 16).view(np.float32)
    return wide


def _without_nonfinite(values: Floats, result: Reduced, image: int) -> None:
    """Do one image (positions, C) again, leaving NaN and infinity out."""
    finite = np.isfinite(values)
    kept = np.where(finite, values, 0).astype(np.float64)
    result.total[image] = kept.sum(0)
    result.squares[image] = (kept**2).sum(0)
    result.largest[image] = np.where(finite, values, -np.inf).max(0)
    result.place[image] = np.where(finite, values, -np.inf).argmax(0)
    result.smallest[image] = np.where(finite, values, np.inf).min(0)
    result.positive[image] = ((kept > 0) & finite).sum(0)
    result.finite[image] = finite.sum(0)


def _reduce_by_numpy(
    maps: Values,
    total: Floats,
    squares: Floats,
    largest: Floats,
    place: Integers,
    smallest: Floats,
    positive: Integers,
) -> None:
    wide = widened(maps)
    with np.errstate(over="ignore", invalid="ignore"):
        wide.sum(1, dtype=np.float64, out=total)
        np.einsum("npc,npc->nc", wide.astype(np.float64), wide, out=squares)
        wide.max(1, out=largest)
        place[...] = wide.argmax(1)
        wide.min(1, out=smallest)
        positive[...] = (wide > 0).sum(1)
