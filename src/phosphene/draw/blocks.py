"""Boxes of marks, and how they are put together: lines of text, boxes stacked above one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from phosphene.draw import text as words
from phosphene.draw.page import Mark, Role, Text, moved


@dataclass(frozen=True)
class Block:
    """Marks in a box of their own, whose top left corner is (0, 0). In pixels."""

    width: int
    height: int
    marks: tuple[Mark, ...] = ()

    def at(self, x: int, y: int) -> Iterator[Mark]:
        """Yield the marks with the box's corner moved to (x, y)."""
        return (moved(mark, x, y) for mark in self.marks)


@dataclass(frozen=True)
class Style:
    """How a line of text looks; ``size`` in pixels."""

    size: int
    role: Role = "ink"
    bold: bool = False

    @property
    def leading(self) -> int:
        """Pixels from one line to the next."""
        return round(self.size * words.LEADING)

    def width(self, text: str) -> int:
        """Return how many pixels ``text`` takes."""
        return words.width(text, self.size, self.bold)

    def line(self, text: str, limit: int) -> Text:
        """Return ``text``, shortened to ``limit`` pixels, at the left end of a line."""
        short = words.shorten(words.clean(text), limit, self.size, self.bold)
        baseline = round(self.size * words.ASCENT)
        return Text(0, baseline, short, self.size, self.width(short), self.role, self.bold)

    def paragraph(self, text: str, limit: int, lines: int) -> Block:
        """Return ``text`` in at most ``lines`` lines of ``limit`` pixels; an empty box for no text."""
        rows = words.wrap(text, limit, self.size, lines, self.bold)
        marks = (self.line(row, limit) for row in rows)
        return stacked([Block(mark.width, self.leading, (mark,) if mark.text else ()) for mark in marks])


def both_ends(left: str, right: str, limit: int, styles: tuple[Style, Style]) -> Block:
    """Return one line with ``right`` at its right end, and ``left``, shortened to what is left, at its left."""
    last = styles[1].line(right, limit)
    room = limit - last.width - styles[1].size // 2 if last.text else limit
    first = styles[0].line(left, room)
    marks = (first, replace(last, x=limit - last.width))
    return Block(limit, max(style.leading for style in styles), tuple(mark for mark in marks if mark.text))


def stacked(blocks: Iterable[Block], gap: int = 0) -> Block:
    """Return boxes above one another, ``gap`` pixels apart; empty ones take no room."""
    marks: list[Mark] = []
    width = height = 0
    for block in blocks:
        if block.height:
            top = height + gap if height else 0
            marks += block.at(0, top)
            width, height = max(width, block.width), top + block.height
    return Block(width, height, tuple(marks))


def placed(block: Block, width: int, height: int, slack: float) -> Block:
    """Return a box of width x height with the lines of ``block`` half-way down.

    ``slack`` is the share of a line's spare room that goes to its left: 0.5 centres it, 1 puts it right.
    """
    top = (height - block.height) // 2
    marks = (moved(mark, round((width - mark.width) * slack) - mark.x, top) for mark in block.marks)
    return Block(width, height, tuple(marks))


def beside(blocks: Sequence[Block], gap: int) -> Block:
    """Return boxes in a row, ``gap`` pixels apart, their tops on one line."""
    marks: list[Mark] = []
    left = 0
    for block in blocks:
        marks += block.at(left, 0)
        left += block.width + gap
    return Block(max(left - gap, 0), max((block.height for block in blocks), default=0), tuple(marks))
