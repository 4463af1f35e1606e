"""Cuts a photograph into small windows at several scales: what a network for small pictures can look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
from PIL import Image

from phosphene.sources.picture import Picture, Pixels

_SCALES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_FLAT = 12.0  # standard deviation of grey (0..255) below which a window shows next to nothing
_ONE_IN = 16  # this share of flat windows is kept: empty sky is also something to see


def cut(photograph: Picture, size: int, count: int) -> list[Picture]:
    """Return up to `count` windows of size x size, evenly from all scales at which such a window fits.

    At scale s the photograph is reduced s times by averaging over s x s pixels and cut on a grid of half a
    window. The id names scale and the upper left corner in the photograph's pixels: `coffee@2x/x064-y128`.
    Which windows of the grid are taken is decided by the smallest hashes of their ids.
    """
    picture = photograph.open()
    queues = [_windows(picture, photograph.id, scale, size) for scale in _fitting(picture, size)]
    in_turn = (window for turn in zip_longest(*queues) for window in turn if window is not None)
    chosen = [window for window, _ in zip(in_turn, range(count), strict=False)]
    return sorted(chosen, key=_place)


def _fitting(picture: Image.Image, size: int) -> list[int]:
    """Return the scales at which a window fits, and last the one that shows as much as can be."""
    largest = min(picture.size) // size
    return sorted({scale for scale in _SCALES if scale <= largest} | ({largest} - {0}))


def _windows(picture: Image.Image, name: str, scale: int, size: int) -> Iterator[Picture]:
    """Yield the windows of one scale in the order of their hashes, without most of the flat ones."""
    reduced = np.asarray(picture.reduce(scale))
    height, width = picture.height // scale, picture.width // scale
    step = size // 2
    corners = [(y, x) for y in range(0, height - size + 1, step) for x in range(0, width - size + 1, step)]
    named = {f"{name}@{scale}x/x{x * scale:03d}-y{y * scale:03d}": (y, x) for y, x in corners}
    for rank, id in sorted((_hash(id), id) for id in named):
        y, x = named[id]
        window = reduced[y : y + size, x : x + size]
        if rank % _ONE_IN == 0 or window.mean(axis=2).std() >= _FLAT:
            yield Picture(id, None, Pixels(window.copy()))


def _hash(id: str) -> int:
    return int.from_bytes(hashlib.blake2b(id.encode(), digest_size=8).digest(), "big")


def _place(window: Picture) -> tuple[int, str]:
    scale = window.id.partition("@")[2].partition("x/")[0]
    return int(scale), window.id
