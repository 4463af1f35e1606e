"""What positions of one plane see of another: strides and windows, and how they add up along a network.

Position ``p`` of an axis sees the input pixels ``p * stride + first ... p * stride + last`` of that axis; pixels
outside the picture are padding. Composition along the network follows Araujo, Norris & Sim, "Computing receptive
fields of convolutional neural networks" (2019). Behind a transposed convolution or an upsampling, neighbours see by
turns: there the pixels that each position of one turn sees are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm

Pixels = tuple[int, int]  # the first and the last that are seen
Ratio = int | Fraction  # whole numbers stay plain: most are, and reckoning with fractions takes ten times as long


def enclosing(seen: Iterable[Pixels | None]) -> Pixels | None:
    """Return the smallest range that holds all of ``seen``; None where nothing is seen."""
    known = [pixels for pixels in seen if pixels is not None]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


@dataclass(frozen=True)
class Span:
    """What a position of one axis sees of an earlier axis: ``p * stride + first`` to ``p * stride + last``.

    ``turn`` is empty where every position sees alike. Otherwise it holds what positions 0 ... len(turn) - 1 see (None:
    nothing), position ``p + len(turn)`` sees the same ``stride * len(turn)`` pixels further on, and ``first`` and
    ``last`` hold for all of them.
    """

    stride: Ratio = 1
    first: Ratio = 0
    last: Ratio = 0
    turn: tuple[Pixels | None, ...] = ()

    @classmethod
    def by_turns(cls, step: int, turn: Sequence[Pixels | None]) -> Span:
        """Make the span of an axis whose ``len(turn)`` positions see ``turn``, the next as many ``step`` further on."""
        stride = Fraction(step, len(turn))
        envelope = [
            (pixels[0] - p * stride, pixels[1] - p * stride) for p, pixels in enumerate(turn) if pixels is not None
        ]
        first = min((first for first, _ in envelope), default=Fraction(0))
        last = max((last for _, last in envelope), default=Fraction(-1))
        alike = len(turn) == 1 and turn[0] is not None
        return cls(stride, first, last, () if alike else tuple(turn))

    def after(self, earlier: Span) -> Span:
        """Return what this span sees through ``earlier``, the span of the axis it looks at."""
        if not self.turn and not earlier.turn:
            return Span(
                self.stride * earlier.stride,
                self.first * earlier.stride + earlier.first,
                self.last * earlier.stride + earlier.last,
            )
        length = earlier._length // gcd(self._step, earlier._length) * self._length
        step = self._step * length // self._length // earlier._length * earlier._step
        return Span.by_turns(step, [earlier._seen_by(self.sees(p)) for p in range(length)])

    def shifted(self, by: int) -> Span:
        """Return the same span of an axis that has gained ``by`` pixels at its beginning."""
        turn = tuple(None if seen is None else (seen[0] + by, seen[1] + by) for seen in self.turn)
        return Span(self.stride, self.first + by, self.last + by, turn)

    def widened(self, by: int) -> Span:
        """Return the span that sees ``by`` more pixels at either end."""
        turn = tuple(None if seen is None else (seen[0] - by, seen[1] + by) for seen in self.turn)
        return Span(self.stride, self.first - by, self.last + by, turn)

    def joined(self, other: Span) -> Span | None:
        """Return the span that covers both, or None if their strides differ."""
        if self.stride != other.stride:
            return None
        if not self.turn and not other.turn:
            return Span(self.stride, min(self.first, other.first), max(self.last, other.last))
        length = lcm(self._length, other._length)
        turn = [enclosing([self.sees(p), other.sees(p)]) for p in range(length)]
        return Span.by_turns(int(self.stride * length), turn)

    def sees(self, position: int) -> Pixels | None:
        """Return the first and the last pixel that ``position`` sees, not cut to the picture; None: nothing."""
        if not self.turn:
            return floor(position * self.stride + self.first), ceil(position * self.stride + self.last)
        turns, phase = divmod(position, len(self.turn))
        seen = self.turn[phase]
        return None if seen is None else (seen[0] + turns * self._step, seen[1] + turns * self._step)

    def at(self, position: int) -> tuple[int, int]:
        """Return the first pixel and the one after the last that ``position`` sees, not cut to the picture."""
        seen = self.sees(position)
        return (seen[0], seen[1] + 1) if seen is not None else (floor(position * self.stride),) * 2

    @property
    def size(self) -> int:
        """The number of pixels that a position sees, at most."""
        if not self.turn:
            return ceil(self.last - self.first) + 1
        return max((seen[1] - seen[0] + 1 for seen in self.turn if seen is not None), default=0)

    @property
    def _length(self) -> int:
        return len(self.turn) or 1

    @property
    def _step(self) -> int:
        return int(self.stride * self._length)

    def _seen_by(self, positions: Pixels | None) -> Pixels | None:
        if positions is None:
            return None
        return enclosing(self.sees(p) for p in range(positions[0], positions[1] + 1))


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

    def widened(self, rows: int, columns: int) -> View:
        """Return the view that sees more at either end, by ``rows`` and ``columns``."""
        return View(self.rows.widened(rows), self.columns.widened(columns))

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
