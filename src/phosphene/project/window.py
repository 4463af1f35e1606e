"""The part of a plane that a signal from a single position can lie in: its cone towards the input.

A signal that starts at one position of a layer spreads no further than that position's receptive field. So long as
it does not fill the plane, only that window of it is kept and computed; what lies outside is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.geometry import Span, View
from phosphene.project.room import zeros

HERE = View()  # what a signal's own place sees of its layer: that place


@dataclass(frozen=True)
class Places:
    """``positions`` (U, N, 2): the row and column of the layer that each signal started from."""

    positions: Tensor

    @cached_property
    def extent(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The least and the largest row, and the least and the largest column."""
        least, largest = (bound.tolist() for bound in self.positions.flatten(0, 1).aminmax(dim=0))
        return (least[0], largest[0]), (least[1], largest[1])


@dataclass(frozen=True)
class Window:
    """Windows of one size, one for each unit and image: what ``places`` see of the plane that the values lie in."""

    places: Places
    view: View

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the windows."""
        return self.view.rows.size, self.view.columns.size

    @cached_property
    def starts(self) -> tuple[Tensor, Tensor]:
        """First row and first column of each window, (U, N) each; negative where it begins outside the plane."""
        return tuple(  # type: ignore[return-value]
            _affine(self.places.positions[..., axis], int(span.stride), int(span.first))
            for axis, span in enumerate((self.view.rows, self.view.columns))
        )

    def of_units(self, part: slice) -> Window:
        """Return the windows of some units."""
        return Window(Places(self.places.positions[part]), self.view)

    def on(self, device: torch.device) -> Window:
        """Return the same windows on another device."""
        return Window(Places(self.places.positions.to(device)), self.view)

    def through(self, view: View) -> Window | None:
        """Return the windows seen through one more operation, or None where they do not fall on whole pixels."""
        seen = self.view.after(view)
        numbers = (n for span in (seen.rows, seen.columns) for n in (span.stride, span.first, span.last))
        return Window(self.places, seen) if all(n.denominator == 1 for n in numbers) else None

    def fills(self, plane: tuple[int, ...]) -> bool:
        """Whether the windows are so large that nothing is saved by them."""
        height, width = self.size
        return 2 * height * width > plane[-2] * plane[-1]

    def overhang(self, plane: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
        """How far the windows reach beyond the plane: above and below it, on its left and its right."""
        margins = []
        for (least, largest), span, limit in zip(
            self.places.extent, (self.view.rows, self.view.columns), plane[-2:], strict=True
        ):
            first, stride = int(span.first), int(span.stride)
            margins.append((max(0, -(least * stride + first)), max(0, largest * stride + first + span.size - limit)))
        rows, columns = margins
        return rows, columns

    def indices(self, plane: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Return (image, row, column) indices that broadcast to (U, N, h, w), and stay inside the plane."""
        rows, columns = (
            (start[..., None] + torch.arange(size, device=start.device)).clamp(0, limit - 1)
            for start, size, limit in zip(self.starts, self.size, plane[-2:], strict=True)
        )
        images = torch.arange(rows.shape[1], device=rows.device)
        return images[None, :, None, None], rows[..., :, None], columns[..., None, :]

    def cut(self, plane: Tensor) -> Tensor:
        """Cut the windows out of ``plane`` (N, C, H, W): (U, N, C, h, w). Outside the plane its border repeats."""
        height, width = plane.shape[-2:]
        image, row, column = self.indices(tuple(plane.shape))
        index = (image * height + row) * width + column
        pixels = plane.permute(0, 2, 3, 1).contiguous().flatten(0, 2)  # all channels of a pixel are copied as one block
        return pixels.index_select(0, index.flatten()).view(*index.shape, -1).permute(0, 1, 4, 2, 3)

    def cleared(self, values: Tensor, plane: tuple[int, ...]) -> Tensor:
        """Set to zero what of ``values`` (U, N, C, h, w) lies outside the plane."""
        if self.view is HERE or not any(map(any, self.overhang(plane))):
            return values
        rows, columns = (self._inside(axis, plane) for axis in (0, 1))
        inside = rows[:, :, None, :, None] & columns[:, :, None, None, :]
        return values.mul_(inside.to(values.dtype))

    def _inside(self, axis: int, plane: tuple[int, ...]) -> Tensor:
        """Return for the rows or the columns of each window whether they lie in the plane, (U, N, h) or (U, N, w)."""
        index = self.starts[axis][..., None] + torch.arange(self.size[axis], device=self.starts[axis].device)
        return (index >= 0) & (index < plane[axis - 2])

    def pasted(self, values: Tensor, plane: tuple[int, ...]) -> Tensor:
        """Lay windows (U, N, C, h, w) into planes of zeros: (U, N, C, H, W). What lies outside the plane is lost."""
        units, images, channels = values.shape[:3]
        (top, below), (left, right) = self.overhang(plane)
        height, width = plane[-2] + top + below, plane[-1] + left + right
        canvas = zeros(values, units, images, channels, height * width)
        canvas.scatter_(3, self._index((top, left), width).expand(-1, -1, channels, -1), values.flatten(3))
        framed = canvas.view(units, images, channels, height, width)
        return framed[..., top : top + plane[-2], left : left + plane[-1]]

    def _index(self, margin: tuple[int, int], width: int) -> Tensor:
        """Number the pixels of each window row by row, (U, N, 1, h w), in a plane ``width`` wide with a ``margin``."""
        rows, columns = self.view.rows, self.view.columns
        corner = (int(rows.first) + margin[0]) * width + int(columns.first) + margin[1]
        first = _affine(self.places.positions[..., 0], int(rows.stride) * width, corner)
        first = first + _affine(self.places.positions[..., 1], int(columns.stride), 0)
        lines = torch.arange(rows.size * width, device=first.device).view(-1, width)
        return (first.reshape(*first.shape, 1, 1, 1) + lines[:, : columns.size]).flatten(3)

    def joined(self, other: Window) -> Window | None:
        """Return the windows that hold both, or None if they do not run in step."""
        view = self.view.joined(other.view)
        return Window(self.places, view) if view is not None else None

    def widened(self, values: Tensor, to: Window) -> Tensor:
        """Surround ``values`` by zeros so that they fill the larger windows ``to``."""
        (left, right), (top, bottom) = (
            _margins(own, wider)
            for own, wider in ((self.view.columns, to.view.columns), (self.view.rows, to.view.rows))
        )
        return F.pad(values, (left, right, top, bottom))


def _affine(values: Tensor, factor: int, offset: int) -> Tensor:
    """Return ``values * factor + offset``; most factors are 1, and each operation on small tensors counts."""
    scaled = values if factor == 1 else values * factor
    return scaled if offset == 0 else scaled + offset


def _margins(own: Span, wider: Span) -> tuple[int, int]:
    return int(own.first - wider.first), int(wider.last - own.last)
