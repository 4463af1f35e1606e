"""What positions of one plane see of another: strides and windows, and how they add up along a network.

Position ``p`` of an axis sees the input pixels ``p * stride + first ... p * stride + last`` of that axis; pixels
outside the picture are padding. Composition along the network follows Araujo, Norris & Sim, "Computing receptive
fields of convolutional neural networks" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True)
class Span:
    """What a position of one axis sees of an earlier axis: ``p * stride + first`` to ``p * stride + last``."""

    stride: Fraction = Fraction(1)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)

    def after(self, earlier: Span) -> Span:
        """Return what this span sees through ``earlier``, the span of the axis it looks at."""
        return Span(
            self.stride * earlier.stride,
            self.first * earlier.stride + earlier.first,
            self.last * earlier.stride + earlier.last,
        )

    def shifted(self, by: int) -> Span:
        """Return the same span of an axis that has gained ``by`` pixels at its beginning."""
        return Span(self.stride, self.first + by, self.last + by)

    def joined(self, other: Span) -> Span | None:
        """Return the span that covers both, or None if their strides differ."""
        if self.stride != other.stride:
            return None
        return Span(self.stride, min(self.first, other.first), max(self.last, other.last))

    def at(self, position: int) -> tuple[int, int]:
        """Return the first pixel and the one after the last that ``position`` sees, not cut to the picture."""
        return floor(position * self.stride + self.first), ceil(position * self.stride + self.last) + 1

    @property
    def size(self) -> int:
        """The number of pixels seen."""
        return ceil(self.last - self.first) + 1


@dataclass(frozen=True)
class View:
    """What a position of a layer sees of the input, by rows and columns."""

    rows: Span = Span()
    columns: Span = Span()

    def after(self, earlier: View) -> View:
        """Return what this view sees through ``earlier``."""
        return View(self.rows.after(earlier.rows), self.columns.after(earlier.columns))

    def shifted(self, rows: int, columns: int) -> View:
        """Return the same view of a plane that has gained ``rows`` above and ``columns`` on the left."""
        return View(self.rows.shifted(rows), self.columns.shifted(columns))

    def joined(self, other: View) -> View | None:
        """Return the view that covers both, or None if they do not run in step."""
        rows, columns = self.rows.joined(other.rows), self.columns.joined(other.columns)
        return View(rows, columns) if rows and columns else None


def pair(values: Sequence[int] | int, default: Sequence[int] = (0, 0)) -> tuple[int, int]:
    """Return one setting of an operation, saved as a number, one entry or two, as (rows, columns)."""
    if isinstance(values, int):
        return values, values
    values = list(values) or list(default)
    return (values[0], values[0]) if len(values) == 1 else (values[-2], values[-1])
