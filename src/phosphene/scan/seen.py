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
import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.geometry import Span, View
from phosphene.scan.kernel import Floats, Integers

COLOUR = ("lightness", "red-green", "blue-yellow", "contrast", "upright edges", "level edges", "falling edges",
          "rising edges")  # fmt: skip
GREY = ("lightness", "contrast", "upright edges", "level edges", "falling edges", "rising edges")

# sRGB to XYZ (IEC 61966-2-1), each row over the D65 white of the 2-degree observer.
_TO_XYZ = torch.tensor(
    [
        [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
    ]
)


def names(channels: int) -> tuple[str, ...]:
    """Return what is measured in pictures of that many channels: nothing where they are neither grey nor colour."""
    return {1: GREY, 3: COLOUR}.get(channels, ())


def lab(pictures: Tensor) -> Tensor:
    """Turn sRGB values 0..1 (N, 3, H, W) into CIELAB: L from 0 to 100, a, b. One channel gives L only."""
    values = pictures.clamp(0, 1)
    linear = torch.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    xyz = linear if linear.shape[1] == 1 else torch.einsum("ij,njhw->nihw", _TO_XYZ.to(linear), linear)
    bent = torch.where(xyz > 0.008856, xyz.clamp(min=1e-9) ** (1 / 3), 7.787 * xyz + 16 / 116)
    if bent.shape[1] == 1:
        return 116 * bent - 16
    x, y, z = bent.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


@dataclass(frozen=True)
class Planes:
    """Running sums (N, Q, H + 1, W + 1), float64, of what is averaged: a box's sum takes four of their values."""

    sums: Tensor

    @classmethod
    def of(cls, pictures: Tensor) -> Planes:
        """Measure pictures with values from 0 to 1, (N, 1 or 3, H, W)."""
        colours = lab(pictures.float())
        light = colours[:, :1]
        framed = F.pad(light, (1, 1, 1, 1), mode="replicate")
        gx = (framed[:, :, 1:-1, 2:] - framed[:, :, 1:-1, :-2]) / 2
        gy = (framed[:, :, 2:, 1:-1] - framed[:, :, :-2, 1:-1]) / 2
        straight, diagonal = gx**2 - gy**2, 2 * gx * gy
        edges = [straight.clamp(min=0), (-straight).clamp(min=0), diagonal.clamp(min=0), (-diagonal).clamp(min=0)]
        every = torch.cat([colours, light**2, *edges], 1).double()
        return cls(F.pad(every.cumsum(2).cumsum(3), (1, 0, 1, 0)))

    def over(self, view: View | None, places: Integers, width: int) -> Floats:
        """Return the measures (N * P, features) of what ``places`` (N, P) of a layer that is ``width`` wide see.

        Boxes are cut to the picture; the whole picture where a place sees everything.
        """
        height, across = (n - 1 for n in self.sums.shape[-2:])
        place = torch.from_numpy(places)
        top, bottom = _limits(view.rows if view else None, place // width, height)
        left, right = _limits(view.columns if view else None, place % width, across)
        image = torch.arange(len(place))[:, None]
        sums = self.sums.permute(0, 2, 3, 1)
        total = (
            sums[image, bottom, right] - sums[image, top, right] - sums[image, bottom, left] + sums[image, top, left]
        )
        return _measures((total / ((bottom - top) * (right - left))[..., None]).flatten(0, 1).numpy())


def _limits(span: Span | None, place: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return the first pixel and the one after the last that each place sees, inside an axis of ``size``."""
    if span is None:
        return torch.zeros_like(place), torch.full_like(place, size)
    position = place.double()
    first = (position * float(span.stride) + float(span.first)).floor().long().clamp(0, size - 1)
    last = (position * float(span.stride) + float(span.last)).ceil().long().clamp(0, size - 1)
    return first, last + 1


def _measures(means: Floats) -> Floats:
    """Turn means of L, (a, b), L^2 and the edges into the features: the deviation in the place of the square."""
    square = means.shape[1] - 5
    means[:, square] = np.sqrt(np.maximum(means[:, square] - means[:, 0] ** 2, 0))
    return means
