"""What numbers are divided by before they become colours: each tile's own maximum, or one for them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from phosphene.arrays import Floats
from phosphene.errors import PhospheneError, did_you_mean

Values = torch.Tensor | npt.NDArray[np.generic]
Scale = Literal["tile", "shared"]


@dataclass(frozen=True)
class Scaling:
    """What the values of some tiles are divided by, and what there was to see in them.

    divisor: (...) one number per tile; all equal when the scale is shared.
    largest: (...) each tile's own largest finite |value|.
    not_finite: (...) how many pixels of each tile hold NaN or infinity.
    note: the sentence that a sheet says about all this.
    """

    divisor: npt.NDArray[np.float64]
    largest: npt.NDArray[np.float64]
    not_finite: npt.NDArray[np.int64]
    note: str

    @property
    def empty(self) -> npt.NDArray[np.bool_]:
        """(...) True where a tile holds no finite value but zero: there is nothing to show."""
        return np.equal(self.largest, 0)

    def spread(self, copies: int) -> Scaling:
        """Return the scaling of tiles that are each drawn as ``copies`` pictures: (..., copies)."""
        return replace(
            self,
            divisor=np.repeat(self.divisor[..., None], copies, axis=-1),
            largest=np.repeat(self.largest[..., None], copies, axis=-1),
            not_finite=np.repeat(self.not_finite[..., None], copies, axis=-1),
        )


def measure(values: Values, scale: Scale = "tile", percentile: float = 100.0, axes: int = 3) -> Scaling:
    """Find what to divide tiles by.

    Args:
        values: (..., C, H, W), or (..., H, W) with ``axes=2``.
        scale: "tile" (each tile readable) or "shared" (tiles comparable, by the largest of all).
        percentile: 100 is the maximum. 99.5, say, is the value that 99.5 % of a tile's non-zero |values| stay
            below; what lies beyond is clipped, and the note says so.
        axes: how many of the last axes make one tile.

    Raises:
        PhospheneError: an unknown scale, or a percentile outside (0, 100].
    """
    known = ("tile", "shared")
    if scale not in known:
        meant = did_you_mean(str(scale), known)
        raise PhospheneError(f"there is no scale {scale!r}; choose tile or shared{meant}")
    if not 0 < percentile <= 100:
        raise PhospheneError(f"a percentile of {percentile} is not above 0 and up to 100; 100 is the maximum")
    found = np.array([_measure(tile, percentile) for tile in each_tile(values, axes)]).reshape(-1, 4)
    largest, divisor, broken, below = found.T
    if scale == "shared" and divisor.size:
        divisor = np.full_like(divisor, divisor.max())
    lead = tuple(values.shape[: values.ndim - axes])
    reach = "±" if axes == 3 or below.any() else "0 to "
    note = _note(scale, percentile, f"{reach}{divisor.max(initial=0.0):.3g}", int(broken.sum()))
    return Scaling(divisor.reshape(lead), largest.reshape(lead), broken.reshape(lead).astype(np.int64), note)


def each_tile(values: Values, axes: int) -> Iterator[Floats]:
    """Yield the tiles of (..., C, H, W) in order, as float32 arrays (float64 if they are float64)."""
    shape = tuple(values.shape[values.ndim - axes :])
    for tile in values.reshape(-1, *shape):
        if isinstance(tile, torch.Tensor):
            precise = tile.dtype == torch.float64
            tile = tile.detach().to("cpu", torch.float64 if precise else torch.float32).numpy()
        yield np.asarray(tile, dtype=np.float64 if tile.dtype == np.float64 else np.float32)


def _measure(tile: Floats, percentile: float) -> tuple[float, float, float, float]:
    """Return (largest |value|, divisor, pixels that are not finite, 1 if anything is negative)."""
    finite = np.isfinite(tile)
    whole = bool(finite.all())
    broken = 0 if whole else int((~finite.reshape(-1, *tile.shape[-2:]).all(axis=0)).sum())
    size = np.abs(tile if whole else tile[finite])
    largest = divisor = float(size.max(initial=0.0))
    if percentile < 100 and largest > 0:
        divisor = _percentile(size[size > 0], percentile)
    return largest, divisor, broken, float((tile < 0).any())


def _percentile(values: Floats, percentile: float) -> float:
    """Return what np.percentile does, six times as fast, as only one place is partitioned; re-orders ``values``."""
    place = (values.size - 1) * percentile / 100
    below = int(place)
    values.partition(below)
    low = float(values[below])
    above = float(values[below + 1 :].min()) if below + 1 < values.size else low
    return low + (above - low) * (place - below)


def _note(scale: Scale, percentile: float, shared: str, broken: int) -> str:
    if scale == "shared":
        note = f"All tiles share one scale: {shared}"
    elif percentile == 100:
        note = "Each tile scaled to its own maximum"
    else:
        note = f"Each tile scaled to {percentile:g} % of its own |values|"
    clipped = "" if percentile == 100 else "; what lies beyond is clipped"
    return f"{note}{clipped}." + (f" Magenta: not finite ({broken} pixels)." if broken else "")
