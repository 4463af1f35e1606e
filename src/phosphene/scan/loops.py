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


@njit
def _looked_up(table, value):  # noqa: ANN001, ANN202
    place = min(max(value, 0.0), 1.0) * (table.shape[0] - 2)
    cell = int(place)
    return table[cell] + (table[cell + 1] - table[cell]) * (place - cell)


@njit
def _coloured(pixel, tables, matrix, out):  # noqa: ANN001, ANN202
    """Write L, a, b of one pixel, or L where it is grey."""
    if pixel.shape[0] == 1:
        out[0] = 116 * _looked_up(tables[1], _looked_up(tables[0], pixel[0])) - 16
        return
    r, g, b = (
        _looked_up(tables[0], pixel[0]),
        _looked_up(tables[0], pixel[1]),
        _looked_up(tables[0], pixel[2]),
    )
    x = _looked_up(tables[1], matrix[0, 0] * r + matrix[0, 1] * g + matrix[0, 2] * b)
    y = _looked_up(tables[1], matrix[1, 0] * r + matrix[1, 1] * g + matrix[1, 2] * b)
    z = _looked_up(tables[1], matrix[2, 0] * r + matrix[2, 1] * g + matrix[2, 2] * b)
    out[0], out[1], out[2] = 116 * y - 16, 500 * (x - y), 200 * (y - z)


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def running_sums(pictures, tables, matrix, sums):  # noqa: ANN001, ANN201
    """Fill ``sums`` (N, H + 1, W + 1, Q) as `phosphene.scan.visible.running_sums` says."""
    images, height, width, channels = pictures.shape
    edges = channels + 1  # the first plane of edges; before it L^2
    for image in prange(images):
        colours = np.empty((height, width, channels))
        for y in range(height):
            for x in range(width):
                _coloured(pictures[image, y, x], tables, matrix, colours[y, x])
        row = np.empty(sums.shape[3])
        for y in range(height):
            row[:] = 0
            above, below = max(y - 1, 0), min(y + 1, height - 1)
            for x in range(width):
                light = colours[y, x, 0]
                gx = (colours[y, min(x + 1, width - 1), 0] - colours[y, max(x - 1, 0), 0]) / 2
                gy = (colours[below, x, 0] - colours[above, x, 0]) / 2
                straight, slanted = gx * gx - gy * gy, 2 * gx * gy
                for c in range(channels):
                    row[c] += colours[y, x, c]
                row[channels] += light * light
                row[edges] += max(straight, 0.0)
                row[edges + 1] += max(-straight, 0.0)
                row[edges + 2] += max(slanted, 0.0)
                row[edges + 3] += max(-slanted, 0.0)
                for q in range(row.shape[0]):
                    sums[image, y + 1, x + 1, q] = sums[image, y, x + 1, q] + row[q]
