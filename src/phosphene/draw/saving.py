"""Which format a file name asks for, and writing a finished figure into it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from phosphene.errors import UsageError, did_you_mean
from phosphene.files import writing

ENDINGS = (".png", ".svg", ".pdf")


def ending(path: Path, known: Iterable[str] = ENDINGS) -> str:
    """Return the ending of ``path``, in lower case.

    Raises:
        UsageError: it is none of ``known``.
    """
    known = tuple(known)
    found = path.suffix.lower()
    if found in known:
        return found
    choice = f"{', '.join(known[:-1])} or {known[-1]}"
    meant = did_you_mean(found, known)
    raise UsageError(f"the name {path.name!r} does not say what to write; end it in {choice}{meant}")


def write(path: Path, data: bytes) -> None:
    """Write a finished file: all of it or nothing. Raises as `phosphene.files.writing` does."""
    with writing(path) as beside:
        beside.write_bytes(data)
