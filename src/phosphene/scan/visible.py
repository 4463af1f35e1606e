"""Running sums over pictures of lightness, colours, and edges: CIELAB (D65) from sRGB, per pixel, in one pass."""

from __future__ import annotations

from functools import cache

import numpy as np

from phosphene.arrays import Floats

try:
    from phosphene.scan import loops
except ImportError:  # no numba
    loops = None  # type: ignore[assignment]

# sRGB to XYZ (IEC 61966-2-1), each row over the D65 white of the 2-degree observer.
_TO_XYZ = np.array(
    [
        [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
    ]
)
_CELLS = 2**16
"""Entries of a table over 0..1; between them straight lines, off by less than 1e-5 of lightness."""


def running_sums(pictures: Floats) -> Floats:
    """Sum what is plainly visible over all pixels above and to the left of each, (N, H + 1, W + 1, Q) float64.

    ``pictures`` (N, H, W, 3 or 1) are sRGB or grey, from 0 to 1; values outside are taken as the nearest inside. The
    planes are L, (a, b), L^2, and four edge energies (see `phosphene.scan.seen`).
    """
    images, height, width, channels = pictures.shape
    sums = np.empty((images, height + 1, width + 1, 8 if channels == 3 else 6))
    sums[:, 0] = sums[:, :, 0] = 0
    if loops is not None:
        loops.running_sums(pictures, _tables(), _TO_XYZ, sums)
        return sums
    colours = _lab(pictures.astype(np.float64).clip(0, 1))
    light = np.pad(colours[..., 0], ((0, 0), (1, 1), (1, 1)), mode="edge")
    gx = (light[:, 1:-1, 2:] - light[:, 1:-1, :-2]) / 2
    gy = (light[:, 2:, 1:-1] - light[:, :-2, 1:-1]) / 2
    straight, slanted = gx**2 - gy**2, 2 * gx * gy
    edges = [np.maximum(v, 0)[..., None] for v in (straight, -straight, slanted, -slanted)]
    planes = np.concatenate([colours, colours[..., :1] ** 2, *edges], -1)
    sums[:, 1:, 1:] = planes.cumsum(1).cumsum(2)
    return sums


def _lab(values: Floats) -> Floats:
    """Turn sRGB (..., 3) into L, a, b, or grey (..., 1) into L."""
    linear = _linear(values)
    bent = _bent(linear @ _TO_XYZ.T if values.shape[-1] == 3 else linear)
    if values.shape[-1] == 1:
        return 116 * bent - 16
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _linear(values: Floats) -> Floats:
    return np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)


def _bent(values: Floats) -> Floats:
    """CIELAB's cube root with its straight beginning."""
    return np.where(values > 0.008856, np.cbrt(values), 7.787 * values + 16 / 116)


@cache
def _tables() -> Floats:
    """Return both curves at `_CELLS` + 2 places from 0 on, (2, cells): the last is never needed but read."""
    places = np.arange(_CELLS + 2) / _CELLS
    return np.stack([_linear(places), _bent(places)])
