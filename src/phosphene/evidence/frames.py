"""The part of a picture that decides the activation at one place of a layer, cut so that it stays the same.

What a place sees is its receptive field. A cut that holds it, begins on a multiple of the layer's stride and keeps the
picture's own border where the field reaches it gives the same activation there, at a fraction of the cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.geometry import Span
from phosphene.network import Layer


@dataclass(frozen=True)
class Frames:
    """Cuts of one size, one for each of P places.

    Attributes:
        start: (P, 2) first row and column of each cut in its picture.
        size: (h, w) of the cuts.
        place: (P, 2) the place in the layer, as it is counted in the cut.
        field: (P, 4) what the place sees of the picture, in the cut: top, left, bottom, right, the ends excluded.
    """

    start: Tensor
    size: tuple[int, int]
    place: Tensor
    field: Tensor

    def cut(self, images: Tensor, rows: Tensor) -> Tensor:
        """Cut each frame out of its picture ``images[rows]``: (P, C, h, w), channels-last in memory."""
        down, across = (
            self.start[:, axis, None] + torch.arange(n, device=images.device) for axis, n in enumerate(self.size)
        )
        cells = images.permute(0, 2, 3, 1)[rows[:, None, None], down[:, :, None], across[:, None]]
        return cells.permute(0, 3, 1, 2)

    def inside(self) -> Tensor:
        """Return which pixels of the cuts the places see, (P, h, w)."""
        return within(self.field, self.size)


def within(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Return which pixels of planes of ``size`` lie in ``boxes`` (..., 4), top, left, bottom, right: (..., h, w)."""
    rows, columns = (torch.arange(n, device=boxes.device) for n in size)
    top, left, bottom, right = (edge[..., None] for edge in boxes.unbind(-1))
    down, across = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    return down[..., :, None] & across[..., None, :]


def whole(layer: Layer, place: Tensor, size: tuple[int, int]) -> Frames:
    """Return frames that hold the whole picture of ``size`` (H, W)."""
    return Frames(torch.zeros_like(place), size, place, field_of(layer, place, size))


def around(layer: Layer, place: Tensor, size: tuple[int, int]) -> Frames:
    """Return the smallest frames of one size for ``place`` (P, 2) in pictures of ``size`` (H, W)."""
    spans = None if layer.view is None else (layer.view.rows, layer.view.columns)
    if spans is None or not all(_even(span) for span in spans):
        return whole(layer, place, size)
    sides = [_side(span, n) for span, n in zip(spans, size, strict=True)]
    field = field_of(layer, place, size)
    starts = torch.stack(
        [
            (field[:, axis] // int(span.stride) * int(span.stride)).clamp(max=n - side)
            for axis, (span, side, n) in enumerate(zip(spans, sides, size, strict=True))
        ],
        dim=1,
    )
    stride = torch.tensor([int(span.stride) for span in spans], device=place.device)
    return Frames(starts, (sides[0], sides[1]), place - starts // stride, field - starts.repeat(1, 2))


def _even(span: Span) -> bool:
    return not span.turn and span.stride.denominator == 1


def _side(span: Span, picture: int) -> int:
    """Return the smallest side that holds a field wherever it begins, and fits the picture's end in whole strides."""
    stride = int(span.stride)
    needed = span.size + stride - 1
    side = needed + (picture - needed) % stride
    return min(side, picture)


def field_of(layer: Layer, place: Tensor, size: tuple[int, int]) -> Tensor:
    """Return what each place sees of a picture of ``size``, cut to it: (P, 4) top, left, bottom, right."""
    if layer.view is None:
        return torch.tensor([0, 0, *size], device=place.device).repeat(len(place), 1)
    seen = [(*layer.view.rows.at(y), *layer.view.columns.at(x)) for y, x in place.tolist()]
    edges = torch.tensor(seen, device=place.device).reshape(-1, 4)[:, [0, 2, 1, 3]]
    limit = torch.tensor([*size, *size], device=place.device)
    return torch.minimum(edges.clamp(min=0), limit)
