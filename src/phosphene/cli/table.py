"""A table of plain text, for what may come from a stranger's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows below headings; columns of numbers stand to the right."""
    right = [all(isinstance(value, int | float | None) for value in column) for column in _turned(rows, len(headings))]
    lines = [[cell(value) for value in line] for line in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths, right) for line in lines)


def _turned(rows: Sequence[Sequence[Any]], columns: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * columns


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (f"{c:>{width}}" if r else f"{c:<{width}}" for c, width, r in zip(cells, widths, right, strict=True))
    return "  ".join(padded).rstrip()


def cell(value: Any) -> str:
    """Return a value as text that cannot steer a terminal: NULL as nothing, a blob by its length."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))
