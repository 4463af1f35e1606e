"""The errors a user is meant to read, and the search for the name they meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PhospheneError(Exception):
    """A mistake the user can mend. Its text is one sentence: what was wrong and what to type instead."""


class UsageError(PhospheneError):
    """Something was asked for that does not exist or does not fit: an unknown layer, a unit out of range.

    On the command line it ends with exit code 2 (wrong usage), every other :class:`PhospheneError` with 1.
    """


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean X?"`` for the known name nearest to ``wrong``, or ``""`` if none is near."""
    nearest = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
