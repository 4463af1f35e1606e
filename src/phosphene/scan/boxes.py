"""The part of a source picture that a position of a layer sees."""

from __future__ import annotations

from functools import lru_cache

from phosphene.network import Layer, Network
from phosphene.preprocessing import Frame, frame_of
from phosphene.scan.derive import Box, BoxOf


def boxes(net: Network, sizes: dict[int, tuple[int, int]]) -> BoxOf:
    """Return how to find boxes in pictures of known ``sizes`` {number: (W, H)}."""
    height, width = net.input_size[1:]

    @lru_cache(maxsize=4096)
    def frame(size: tuple[int, int]) -> Frame:
        return frame_of(net.preprocess, size)

    @lru_cache(maxsize=65536)
    def seen(layer: Layer, y: int, x: int) -> tuple[int, int, int, int]:
        if layer.view is None:
            return 0, 0, width, height
        (top, bottom), (left, right) = layer.view.rows.at(y), layer.view.columns.at(x)
        return max(left, 0), max(top, 0), min(right, width), min(bottom, height)

    def box(layer: Layer, image: int, y: int, x: int) -> Box:
        return frame(sizes[image]).box(seen(layer, y, x), sizes[image])

    return box
