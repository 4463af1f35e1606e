"""What is plainly visible in a part of a picture: its colour, its contrast, its edges.

In CIELAB (D65): the mean lightness, red-green and blue-yellow over the part, the deviation of lightness in it, and
the energy of lightness edges at four orientations. With the gradient (gx, gy) of lightness by central differences, the
energies are the mean positive and negative parts of ``gx^2 - gy^2`` (upright and level edges) and of ``2 gx gy`` (the
two diagonals): the halves of the doubled-angle orientation vector (Granlund, "In search of a general picture processing
operator", 1978), which, unlike squared projections on four directions, do not add up to each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from phosphene.arrays import Floats, Integers
from phosphene.geometry import Span, View
from phosphene.scan.visible import running_sums

COLOUR = ("lightness", "red-green", "blue-yellow", "contrast", "upright edges", "level edges", "falling edges",
          "rising edges")  # fmt: skip
GREY = ("lightness", "contrast", "upright edges", "level edges", "falling edges", "rising edges")


def names(channels: int) -> tuple[str, ...]:
    """Return what is measured in pictures of that many channels: nothing where they are neither grey nor colour."""
    return {1: GREY, 3: COLOUR}.get(channels, ())


@dataclass(frozen=True)
class Planes:
    """Running sums (N, H + 1, W + 1, Q), float64, of what is averaged: a box's sum takes four of their values."""

    sums: Floats

    @classmethod
    def of(cls, pictures: Tensor) -> Planes:
        """Measure pictures with values from 0 to 1, (N, 1 or 3, H, W)."""
        return cls(running_sums(pictures.float().permute(0, 2, 3, 1).contiguous().numpy()))

    def over(self, view: View | None, places: Integers, width: int) -> Floats:
        """Return the measures (N * P, features) of what ``places`` (N, P) of a layer that is ``width`` wide see.

        Boxes are cut to the picture; the whole picture where a place sees everything.
        """
        height, across = (n - 1 for n in self.sums.shape[1:3])
        top, bottom = _limits(view.rows if view else None, places // width, height)
        left, right = _limits(view.columns if view else None, places % width, across)
        image = np.arange(len(places))[:, None]
        sums = self.sums
        total = (
            sums[image, bottom, right] - sums[image, top, right] - sums[image, bottom, left] + sums[image, top, left]
        )
        means = total / ((bottom - top) * (right - left))[..., None]
        return _measures(means.reshape(-1, means.shape[-1]))


def _limits(span: Span | None, place: Integers, size: int) -> tuple[Integers, Integers]:
    """Return the first pixel and the one after the last that each place sees, inside an axis of ``size``."""
    if span is None:
        return np.zeros_like(place), np.full_like(place, size)
    first = np.floor(place * float(span.stride) + float(span.first)).astype(np.int64)
    last = np.ceil(place * float(span.stride) + float(span.last)).astype(np.int64)
    return first.clip(0, size - 1), last.clip(0, size - 1) + 1


def _measures(means: Floats) -> Floats:
    """Turn means of L, (a, b), L^2 and the edges into the features: the deviation in the place of the square."""
    square = means.shape[1] - 5
    means[:, square] = np.sqrt(np.maximum(means[:, square] - means[:, 0] ** 2, 0))
    return means
