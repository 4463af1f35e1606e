"""Numbers into colours: signed pictures around mid-grey, heat maps, filters.

Every function takes tensors or arrays, on any device and of any number type, and returns uint8 arrays
(..., H, W, 3) on the CPU. Tiles are handled one at a time, so that a large stack costs no second copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from phosphene.arrays import Floats
from phosphene.draw.scaling import Scale, Scaling, Values, each_tile, measure
from phosphene.errors import PhospheneError

Bytes = npt.NDArray[np.uint8]
Palette = Literal["signed", "sequential", "diverging"]

GREY = 128
NOT_FINITE = (255, 0, 255)
_STEPS = 127  # on either side of zero, so that +v and -v lie equally far from it


def signed(values: Values, scale: Scale | Scaling = "tile") -> Bytes:
    """Draw signed pictures: zero is exactly mid-grey (128), +max is 255 and -max is 1.

    Args:
        values: (..., C, H, W) with C = 3 (colour) or 1 (grey).
        scale: "tile" divides each picture by its own largest |value|, "shared" all of them by the largest of
            all; or a ready Scaling, from `measure`, for a robust maximum or one scale over several calls.

    Returns:
        (..., H, W, 3). Pixels with NaN or infinity are magenta. A picture that is zero everywhere comes out
        grey; `measure(values).empty` says which, so that a sheet can state the reason instead.

    Raises:
        PhospheneError: neither 1 nor 3 channels.
    """
    if values.ndim < 3 or values.shape[-3] not in (1, 3):
        raise PhospheneError(
            f"a signed picture is (..., C, H, W) with C = 1 or 3, not {tuple(values.shape)}; try filters()"
        )
    return _paint(values, _measured(values, scale, 3), 3, _around_grey)


def heat(values: Values, scale: Scale | Scaling = "tile", palette: Palette | None = None) -> Bytes:
    """Draw feature maps (..., H, W) in colours that stay apart for colour-blind eyes.

    The palette is "sequential" (magma: zero black, largest light) if nothing is negative, otherwise
    "diverging" (blue below zero, near-white at zero, red above). Scale and non-finite values: see `signed`.
    """
    if palette is None:
        below = any(bool((tile < 0).any()) for tile in each_tile(values, 2))
        palette = "diverging" if below else "sequential"
    table = strip(palette)
    start, steps = (0, 2 * _STEPS) if palette == "sequential" else (_STEPS, _STEPS)

    def look_up(tile: Floats) -> Bytes:
        return table[np.rint(start + steps * tile).clip(0, 254).astype(np.intp)]

    return _paint(values, _measured(values, scale, 2), 2, look_up)


def filters(weights: Values, scale: Scale | Scaling = "tile") -> Bytes:
    """Draw a convolution's weights (K, C, h, w): in colour if C is 3, otherwise as rows of grey pictures.

    Returns (K, h, w, 3), or (K, C, h, w, 3). With scale "tile" each of the K filters has its own divisor,
    which its C grey pictures share.
    """
    measured = _measured(weights, scale, 3)
    if weights.shape[1] == 3:
        return signed(weights, measured)
    return signed(weights[:, :, None], measured.spread(weights.shape[1]))


def strip(palette: Palette) -> Bytes:
    """Return a palette, (255, 3): from -1 to +1 (row 127 is zero) if "signed" or "diverging", else from 0 to 1."""
    if palette == "signed":
        return np.repeat(np.arange(1, 256, dtype=np.uint8)[:, None], 3, axis=1)
    import matplotlib  # a sheet of projections does without it

    name = "RdBu_r" if palette == "diverging" else "magma"
    table: Floats = np.asarray(matplotlib.colormaps[name].resampled(255)(np.arange(255)))
    return np.asarray(np.rint(table[:, :3] * 255), dtype=np.uint8)


def _measured(values: Values, scale: Scale | Scaling, axes: int) -> Scaling:
    return scale if isinstance(scale, Scaling) else measure(values, scale, axes=axes)


def _paint(values: Values, scaling: Scaling, axes: int, colour: Callable[[Floats], Bytes]) -> Bytes:
    """Divide each tile by its divisor, clip to [-1, 1], colour it, and mark what is not finite."""
    height, width = values.shape[-2:]
    drawn = np.empty((scaling.divisor.size, height, width, 3), dtype=np.uint8)
    for place, tile, divisor in zip(drawn, each_tile(values, axes), scaling.divisor.ravel().tolist(), strict=True):
        finite = np.isfinite(tile)
        whole = bool(finite.all())
        unit = (tile if whole else np.where(finite, tile, 0)) / (divisor or 1.0)
        place[...] = colour(unit.clip(-1, 1, out=unit))
        if not whole:
            place[~finite.reshape(-1, height, width).all(axis=0)] = NOT_FINITE
    return drawn.reshape(*scaling.divisor.shape, height, width, 3)


def _around_grey(tile: Floats) -> Bytes:
    steps = tile * _STEPS
    grey = (np.rint(steps, out=steps) + GREY).astype(np.uint8).transpose(1, 2, 0)
    return np.broadcast_to(grey, (*grey.shape[:2], 3))
