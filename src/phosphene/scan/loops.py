"""The loops over a layer's output, compiled by numba: each value is read from memory once."""

# numba wants plain loops over elements, and its decorators are not typed.
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numba.extending import overload

from phosphene.scan.threads import as_many_as_torch

ROWS = 8  # positions taken together: running figures are then read and written an eighth as often


def _wide(value):  # noqa: ANN001, ANN202
    """bfloat16 is the upper half of a float32; it comes as int16, for NumPy has no name for it."""
    whole = isinstance(value, np.integer)
    return np.int32(np.int32(value) << 16).view(np.float32) if whole else value


@overload(_wide)
def _widened(value):  # noqa: ANN001, ANN202
    """The same for numba, which has to know the kind of number before it compiles."""
    if isinstance(value, types.Integer):
        return lambda value: np.int32(np.int32(value) << 16).view(np.float32)
    return lambda value: value


@njit
def _larger(a, b):  # noqa: ANN001, ANN202
    return a if a > b else b


@njit
def _smaller(a, b):  # noqa: ANN001, ANN202
    return a if a < b else b


@njit
def _squared(a):  # noqa: ANN001, ANN202
    return np.float64(a) * np.float64(a)


@as_many_as_torch
@njit(parallel=True, cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def reduce(maps, total, squares, largest, place, smallest, positive):  # noqa: ANN001, ANN201
    """Reduce ``maps`` (N, positions, C) over positions into the other six, each (N, C)."""
    images, positions, units = maps.shape
    for image in prange(images):
        whole = positions - positions % ROWS
        for start in range(0, whole, ROWS):
            rows = maps[image, start : start + ROWS]
            for u in range(units):
                some, square, above = 0.0, 0.0, np.int32(0)
                most, least = np.float32(-np.inf), smallest[image, u]
                for row in range(ROWS):
                    value = _wide(rows[row, u])
                    some += np.float64(value)
                    square += _squared(value)
                    most, least = _larger(value, most), _smaller(value, least)
                    above += np.int32(value > 0)
                best = largest[image, u]
                total[image, u] += some
                squares[image, u] += square
                place[image, u] = start if most > best else place[image, u]
                largest[image, u], smallest[image, u] = _larger(most, best), least
                positive[image, u] += above
        for position in range(whole, positions):
            for u in range(units):
                value = _wide(maps[image, position, u])
                total[image, u] += value
                squares[image, u] += _squared(value)
                place[image, u] = position if value > largest[image, u] else place[image, u]
                largest[image, u] = _larger(value, largest[image, u])
                smallest[image, u] = _smaller(value, smallest[image, u])
                positive[image, u] += np.int32(value > 0)
        for u in range(units):  # so far a place is where its eight begin
            first = place[image, u]
            last = min(first + ROWS, positions) - 1
            while first < last and _wide(maps[image, first, u]) != largest[image, u]:
                first += 1
            place[image, u] = first


@as_many_as_torch
@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def enter(value, image, place, peaks, images, places):  # noqa: ANN001, ANN201
    """Put the peaks (N, C) of ``images`` at ``places`` into the lists (C, K), as `phosphene.scan.top` says."""
    units, length = value.shape
    for u in prange(units):
        for n in range(len(images)):
            new, number = peaks[n, u], images[n]
            if not _before(new, number, value[u, length - 1], image[u, length - 1]):
                continue
            rank = length - 1
            while rank > 0 and _before(new, number, value[u, rank - 1], image[u, rank - 1]):
                value[u, rank], image[u, rank] = value[u, rank - 1], image[u, rank - 1]
                place[u, rank] = place[u, rank - 1]
                rank -= 1
            value[u, rank], image[u, rank], place[u, rank] = new, number, places[n, u]


@njit
def _before(value, number, other, other_number):  # noqa: ANN001, ANN202
    return value > other or (value == other and number < other_number)


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


@as_many_as_torch
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
