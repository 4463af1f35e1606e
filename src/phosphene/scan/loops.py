"""The loops over a layer's output, compiled by numba: each value is read from memory once."""

# numba wants plain loops over elements, and its decorators are not typed.
# mypy: disable-error-code="untyped-decorator, no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit, prange

ROWS = 4  # positions taken together: running figures are then read and written a quarter as often


@njit
def _larger(a, b):  # noqa: ANN001, ANN202
    return a if a > b else b


@njit
def _smaller(a, b):  # noqa: ANN001, ANN202
    return a if a < b else b


@njit
def _squared(a):  # noqa: ANN001, ANN202
    return np.float64(a) * np.float64(a)


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def reduce(maps, total, squares, largest, smallest, positive):  # noqa: ANN001, ANN201
    """Reduce ``maps`` (N, positions, C) over positions into the other five, each (N, C)."""
    images, positions, units = maps.shape
    for image in prange(images):
        whole = positions - positions % ROWS
        for start in range(0, whole, ROWS):
            rows = maps[image, start : start + ROWS]
            for u in range(units):
                a, b, c, d = rows[0, u], rows[1, u], rows[2, u], rows[3, u]
                total[image, u] += (np.float64(a) + np.float64(b)) + (np.float64(c) + np.float64(d))
                squares[image, u] += (_squared(a) + _squared(b)) + (_squared(c) + _squared(d))
                largest[image, u] = _larger(_larger(_larger(a, b), _larger(c, d)), largest[image, u])
                smallest[image, u] = _smaller(_smaller(_smaller(a, b), _smaller(c, d)), smallest[image, u])
                positive[image, u] += np.int32(a > 0) + np.int32(b > 0) + np.int32(c > 0) + np.int32(d > 0)
        for position in range(whole, positions):
            for u in range(units):
                value = maps[image, position, u]
                total[image, u] += value
                squares[image, u] += _squared(value)
                largest[image, u] = _larger(value, largest[image, u])
                smallest[image, u] = _smaller(value, smallest[image, u])
                positive[image, u] += np.int32(value > 0)


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def search(maps, images, units, found):  # noqa: ANN001, ANN201
    """Write the first position of the largest finite value of each (image, unit) pair into ``found``."""
    for pair in prange(len(images)):
        image, unit = images[pair], units[pair]
        best, place = np.float32(-np.inf), 0
        for position in range(maps.shape[1]):
            value = maps[image, position, unit]
            if best < value < np.inf:
                best, place = value, position
        found[pair] = place


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def search_all(maps, rows, found):  # noqa: ANN001, ANN201
    """Write the first position of the largest finite value of every unit of the images ``rows`` into ``found``."""
    for row in prange(len(rows)):
        best = np.full(maps.shape[2], -np.inf, np.float32)
        for position in range(maps.shape[1]):
            for u in range(maps.shape[2]):
                value = maps[rows[row], position, u]
                better = (value > best[u]) & (value < np.inf)
                best[u] = value if better else best[u]
                found[row, u] = position if better else found[row, u]
