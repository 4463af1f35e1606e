"""Showing a unit pictures that were made for it: at the place that the middle of its map sees, and nowhere else.

The unit's answer is its value at that position. Around the part that it sees everything is mid-grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from phosphene.arrays import Floats
from phosphene.evidence.stimuli import GREY, Pictures
from phosphene.geometry import Span
from phosphene.network import Network

CELLS = 2**17
"""Pixels that go through the network together: at more, a deep layer's maps take hundreds of megabytes."""
SAME = 1e-3
"""A smaller picture is used where answers differ by no more than this part of the largest."""


@dataclass(frozen=True)
class Place:
    """Where a stimulus is shown, and where the answer is read.

    Attributes:
        size: (H, W) of the whole picture.
        corner: (row, column) of the field's first pixel in it.
        field: (height, width) of what the position sees, cut to the picture.
        position: (y, x) in the layer's maps.
    """

    size: tuple[int, int]
    corner: tuple[int, int]
    field: tuple[int, int]
    position: tuple[int, int]


@dataclass(frozen=True)
class Probe:
    """Some units of one layer, and where they are asked."""

    net: Network
    layer: str
    units: tuple[int, ...]
    place: Place

    @classmethod
    def of(cls, net: Network, layer: str, units: Sequence[int]) -> Probe:
        """Find where to ask: in a picture just large enough, if that gives the same answers as a whole one."""
        whole = cls(net, layer, tuple(units), _whole(net, layer))
        small = _cut(net, layer, whole.place)
        if small is None:
            return whole
        draw = np.random.default_rng(0)
        noise = draw.random((4, net.input_size[0], *small.field), np.float32)
        cropped = cls(net, layer, tuple(units), small)
        try:
            found, wanted = cropped.ask(lambda some: noise[some], 4), whole.ask(lambda some: noise[some], 4)
        except (RuntimeError, ValueError, AssertionError, IndexError):  # the model takes no other size
            return whole
        found, wanted = np.nan_to_num(found), np.nan_to_num(wanted)
        return cropped if np.abs(found - wanted).max() <= SAME * np.abs(wanted).max() else whole

    @property
    def channels(self) -> int:
        """Channels of the pictures."""
        return int(self.net.input_size[0])

    def ask(self, draw: Callable[[slice], Pictures], count: int) -> Floats:
        """Return the answers (count, U), float64, to stimuli that ``draw`` makes, some at a time.

        A stimulus is (channels, *field), in picture values. An answer that is not finite is NaN.
        """
        height, width = self.place.size
        step = max(1, CELLS // (height * width))
        answers = [self._answers(draw(slice(first, first + step))) for first in range(0, count, step)]
        return np.concatenate(answers)

    def grey(self) -> Floats:
        """Return the answers (U,) to nothing but mid-grey."""
        found: Floats = self.ask(lambda some: np.full((1, self.channels, *self.place.field), GREY, np.float32), 1)[0]
        return found

    def _answers(self, stimuli: Pictures) -> Floats:
        (top, left), (height, width) = self.place.corner, self.place.field
        pictures = torch.full((len(stimuli), self.channels, *self.place.size), GREY)
        pictures[:, :, top : top + height, left : left + width] = torch.from_numpy(np.array(stimuli))
        maps = self.net.record(self.net.scale.to_inputs(pictures), self.layer)[self.layer]
        y, x = self.place.position
        answers = maps[:, list(self.units), y, x].double().cpu().numpy()
        return np.where(np.isfinite(answers), answers, np.nan)


def _whole(net: Network, layer: str) -> Place:
    found, size = net.layer(layer), (net.input_size[1], net.input_size[2])
    position = found.size[0] // 2, found.size[1] // 2
    if found.view is None:
        return Place(size, (0, 0), size, position)
    spans = found.view.rows.at(position[0]), found.view.columns.at(position[1])
    top, left = (max(first, 0) for first, _ in spans)
    bottom, right = (min(end, length) for (_, end), length in zip(spans, size, strict=True))
    return Place(size, (top, left), (max(bottom - top, 1), max(right - left, 1)), position)


def _cut(net: Network, layer: str, whole: Place) -> Place | None:
    """Return the same place in the smallest picture cut on multiples of the stride; None if there is none smaller."""
    view = net.layer(layer).view
    if view is None:
        return None
    axes = [
        _cut_axis(span, *each)
        for span, each in zip(
            (view.rows, view.columns),
            zip(whole.position, whole.corner, whole.field, whole.size, strict=True),
            strict=True,
        )
    ]
    found = [axis for axis in axes if axis is not None]
    if len(found) < 2 or all(axis[0] == size for axis, size in zip(found, whole.size, strict=True)):
        return None
    (height, top, y), (width, left, x) = found
    return Place((height, width), (top, left), whole.field, (y, x))


def _cut_axis(span: Span, position: int, first: int, length: int, size: int) -> tuple[int, int, int] | None:
    """Return (size, first pixel, position) on a cut axis; None where padding is seen or neighbours see by turns."""
    if span.turn or span.stride.denominator != 1 or span.size != length:
        return None
    stride = int(span.stride)
    before = first // stride
    start = before * stride
    end = min(-(-(first + length) // stride) * stride, size)
    return end - start, first - start, position - before
