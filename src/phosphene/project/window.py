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


@dataclass(frozen=True)
class Window:
    """Windows of one size, one for each unit and image.

    Attributes:
        places: (U, N, 2) the rows and columns in the layer that the signals started from.
        view: what such a place sees of the plane that the values lie in.
    """

    places: Tensor
    view: View

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the windows."""
        return self.view.rows.size, self.view.columns.size

    @cached_property
    def starts(self) -> tuple[Tensor, Tensor]:
        """First row and first column of each window, (U, N) each; negative where it begins outside the plane."""
        return tuple(  # type: ignore[return-value]
            self.places[..., axis] * int(span.stride) + int(span.first)
            for axis, span in enumerate((self.view.rows, self.view.columns))
        )

    def through(self, view: View) -> Window | None:
        """Return the windows seen through one more operation, or None where they do not fall on whole pixels."""
        seen = self.view.after(view)
        numbers = (n for span in (seen.rows, seen.columns) for n in (span.stride, span.first, span.last))
        return Window(self.places, seen) if all(n.denominator == 1 for n in numbers) else None

    def fills(self, plane: tuple[int, ...]) -> bool:
        """Whether the windows are so large that nothing is saved by them."""
        height, width = self.size
        return 2 * height * width > plane[-2] * plane[-1]

    def indices(self, plane: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Return (image, row, column) indices that broadcast to (U, N, h, w), and stay inside the plane."""
        rows, columns = (
            (start[..., None] + torch.arange(size, device=start.device)).clamp(0, limit - 1)
            for start, size, limit in zip(self.starts, self.size, plane[-2:], strict=True)
        )
        images = torch.arange(self.places.shape[1], device=rows.device)
        return images[None, :, None, None], rows[..., :, None], columns[..., None, :]

    def cut(self, plane: Tensor) -> Tensor:
        """Cut the windows out of ``plane`` (N, C, H, W): (U, N, C, h, w). Outside the plane its border repeats."""
        image, row, column = self.indices(tuple(plane.shape))
        return plane.permute(0, 2, 3, 1)[image, row, column].permute(0, 1, 4, 2, 3)

    def cleared(self, values: Tensor, plane: tuple[int, ...]) -> Tensor:
        """Set to zero what of ``values`` (U, N, C, h, w) lies outside the plane."""
        for axis, (start, size, limit) in enumerate(zip(self.starts, self.size, plane[-2:], strict=True)):
            if int(start.min()) >= 0 and int(start.max()) + size <= limit:
                continue
            index = start[..., None] + torch.arange(size, device=start.device)
            inside = ((index >= 0) & (index < limit)).to(values.dtype)
            values = values.mul_(inside[:, :, None, :, None] if axis == 0 else inside[:, :, None, None, :])
        return values

    def pasted(self, values: Tensor, plane: tuple[int, ...]) -> Tensor:
        """Lay windows (U, N, C, h, w), zero outside the plane, into planes of zeros: (U, N, C, H, W)."""
        units, images, channels = values.shape[:3]
        margins = [
            (max(0, -int(start.min())), max(0, int(start.max()) + size - limit))
            for start, size, limit in zip(self.starts, self.size, plane[-2:], strict=True)
        ]
        sides = [limit + sum(margin) for limit, margin in zip(plane[-2:], margins, strict=True)]
        canvas = values.new_zeros(units, images, *sides, channels)
        image, row, column = Window(self.places, self.view.shifted(*(m[0] for m in margins))).indices(tuple(sides))
        unit = torch.arange(units, device=values.device)[:, None, None, None]
        canvas[unit, image, row, column] = values.permute(0, 1, 3, 4, 2)
        (top, _), (left, _) = margins
        return canvas[:, :, top : top + plane[-2], left : left + plane[-1]].permute(0, 1, 4, 2, 3)

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


def _margins(own: Span, wider: Span) -> tuple[int, int]:
    return int(own.first - wider.first), int(wider.last - own.last)
