"""Stopping when nobody waits any more: work is done in pieces, and between two of them somebody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Ask = Callable[[], bool]
"""Whether the answer is no longer wanted."""
Item = TypeVar("Item")


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Nobody waits for the answer any more."""


def never() -> bool:
    """Say that the answer is wanted."""
    return False


def go_on(cancelled: Ask) -> None:
    """Raise `Cancelled` where the answer is no longer wanted."""
    if cancelled():
        raise Cancelled


def pieces(items: Sequence[Item], size: int, cancelled: Ask) -> Iterator[Sequence[Item]]:
    """Yield ``size`` items at a time, as long as the answer is wanted."""
    for start in range(0, len(items), size):
        go_on(cancelled)
        yield items[start : start + size]
