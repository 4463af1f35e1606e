"""What went wrong with the file of an atlas, as one sentence that says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phosphene.errors import PhospheneError
from phosphene.files import reason

# By the beginning of SQLite's own names; the longest that fits counts.
_REASONS = {
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_IOERR": "the disk reports an error; check it",
    "SQLITE_READONLY": "it is read-only here; copy it to where you may write",
    "SQLITE_CANTOPEN": "there is no permission to open it, or its folder is read-only; copy it to where you may write",
    "SQLITE_PERM": "there is no permission for it; copy it to where you may write",
    "SQLITE_BUSY": "another program is busy with it; wait until that has ended",
    "SQLITE_LOCKED": "another program is busy with it; wait until that has ended",
    "SQLITE_NOMEM": "there is not enough memory; end other programs",
}


@dataclass(frozen=True)
class Job:
    """Who writes, in the words of what it is told when it cannot."""

    others: str
    """Who else may hold the file."""
    instead: str
    """What to do beside waiting."""
    go_on: str
    """How to go on later."""


SCAN = Job("another scan", ", or give this one another file", "--resume")
MEASUREMENT = Job("another scan or measurement", "", "the same command")
DREAMING = Job("a scan or measurement", "", "the same command")


def why(error: sqlite3.Error) -> str:
    """Return why SQLite refused, and what to do about it where that is known."""
    code = getattr(error, "sqlite_errorname", "") or ""
    known = next((text for start, text in _REASONS.items() if code.startswith(start)), None)
    return known or _by_text(str(error))


def _by_text(said: str) -> str:
    """Errors that SQLite's module raises by itself carry no code."""
    if "closed database" in said:
        return "it was closed; open it again"
    return f"{said.splitlines()[0] if said else 'SQLite refused'}; see to that"


def damaged(path: Path, how: str) -> PhospheneError:
    """Return the refusal of a file that is not whole; ``how`` may quote it, so only what can be printed is kept."""
    said = printable(how)
    return PhospheneError(f"{str(path)!r} is damaged ({said}); take a sound copy of it, or scan again into a new file")


def printable(text: str) -> str:
    """Return the beginning of a text of unknown origin, fit for a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:200])


def unfinished(path: Path) -> PhospheneError:
    """Return the refusal of an atlas whose scan goes on or was interrupted, where units are needed."""
    return PhospheneError(
        f"the scan that writes {str(path)!r} has not come to its end, so nothing is known of units yet; "
        "let it end, or go on with it: phosphene scan … --resume"
    )


def _what(error: sqlite3.Error) -> str:
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
        return "it was cut short, or its bytes are not those that were written"
    return str(error)


def unwritten(path: Path, error: sqlite3.Error, job: Job) -> PhospheneError:
    """Return the refusal to write; whatever was committed before stands."""
    return PhospheneError(
        f"cannot write {str(path)!r}: {why(error)}, then go on with {job.go_on} (what was committed is kept)"
    )


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while an atlas is read into a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith("SQLITE_NOTADB"):
            raise PhospheneError(f"{str(path)!r} is no atlas; give a file that 'phosphene scan' wrote") from error
        if code.startswith(tuple(_REASONS)) or "closed database" in str(error):
            raise PhospheneError(f"cannot read {str(path)!r}: {why(error)}") from error
        raise damaged(path, _what(error)) from error
    except OSError as error:
        raise PhospheneError(f"cannot read {str(path)!r}: {reason(error)}") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise damaged(path, str(error) or type(error).__name__) from error
