"""A person's questions to the file, in SQL: reading only, no other file, an end to everything."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from phosphene.atlas.rows import Row
from phosphene.atlas.schema import TABLES, VIEW_NAMES
from phosphene.errors import PhospheneError, UsageError, did_you_mean

MOST_ROWS = 1_000_000
MOST_BYTES = 250_000_000
MOST_SECONDS = 60.0
READABLE = (*(table.name for table in TABLES), *VIEW_NAMES, "sqlite_schema", "sqlite_master")
_EXAMPLE = "SELECT layer, unit, maximum FROM units LIMIT 5"
_STEPS = 10_000  # of SQLite's machine between two looks at the clock

# Names of functions that only compute. Not among them: load_extension, zeroblob, randomblob, fts3_tokenizer ...
_FUNCTIONS = frozenset(
    """
    abs avg ceil ceiling char coalesce count cume_dist degrees dense_rank exp first_value floor format glob
    group_concat hex iif ifnull instr lag last_value lead length like ln log log10 log2 lower ltrim max min mod
    nth_value ntile nullif percent_rank pi pow power printf quote radians rank replace round row_number rtrim sign
    sin cos tan sqrt string_agg substr substring sum total trim trunc typeof unicode upper
    """.split()
)


@dataclass(frozen=True)
class Answer:
    """What a question brought: the names of the columns, and the rows."""

    columns: tuple[str, ...]
    rows: list[Row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def ask(connection: sqlite3.Connection, sql: str, most_rows: int = MOST_ROWS, seconds: float = MOST_SECONDS) -> Answer:
    """Return the answer to one SELECT.

    Raises:
        UsageError: it is no single SELECT over the tables and views of an atlas.
        PhospheneError: it takes longer than ``seconds``, or brings more than ``most_rows`` rows or 250 MB.
    """
    try:
        with _guarded(connection, seconds), closing(connection.execute(sql)) as cursor:
            if cursor.description is None:
                raise UsageError(f"there is no question in it; give a SELECT, such as: {_EXAMPLE}")
            return Answer(tuple(column[0] for column in cursor.description), list(_bounded(cursor, most_rows)))
    except (sqlite3.DatabaseError, sqlite3.Warning, UnicodeEncodeError) as error:
        raise _sentence(error, seconds) or error from error


def _bounded(rows: Iterable[Row], most_rows: int) -> Iterator[Row]:
    size = 0
    for number, row in enumerate(rows):
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if number == most_rows or size > MOST_BYTES:
            limit = f"{most_rows:,} rows or {MOST_BYTES // 1_000_000} MB"
            raise PhospheneError(f"the answer has more than {limit}; put LIMIT 1000 at its end")
        yield row


def _sentence(error: Exception, seconds: float) -> PhospheneError | None:
    """Return what was wrong with the question; None where something is wrong with the file."""
    code, said = getattr(error, "sqlite_errorname", None), str(error)
    if code == "SQLITE_INTERRUPT":
        return PhospheneError(f"the query took more than {seconds:g} seconds; narrow it by WHERE, or ask for less")
    if code == "SQLITE_TOOBIG":
        return PhospheneError("a value of the answer is larger than the whole atlas; ask for less")
    if code == "SQLITE_AUTH" or "not authorized" in said:
        return UsageError(f"a query reads the atlas and does nothing else ({said}); give a SELECT, such as: {_EXAMPLE}")
    if code not in ("SQLITE_ERROR", None) or "closed database" in said:
        return None
    if said.startswith("no such table: "):
        wrong = said.removeprefix("no such table: ")
        hint = did_you_mean(wrong, READABLE) or f"; there are {', '.join(READABLE[:-2])}"
        return UsageError(f"the atlas has no table or view {wrong!r}{hint}")
    return UsageError(f"this query cannot be answered ({said}); give one SELECT, such as: {_EXAMPLE}")


@contextmanager
def _guarded(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    connection.set_authorizer(_may)
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(None)


def _may(action: int, first: str | None, second: str | None, database: str | None, view: str | None) -> int:
    match action:
        case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
            allowed = True
        case sqlite3.SQLITE_READ:
            allowed = first in READABLE or not second  # no column: only how many rows
        case sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() in _FUNCTIONS
        case _:
            allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
