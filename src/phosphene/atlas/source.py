"""One open file: every read stands in a transaction, on a state of the file that was checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from phosphene.atlas.checks import Contents, verify
from phosphene.atlas.connection import bound, connect_reader
from phosphene.atlas.refusals import refusing
from phosphene.atlas.rows import BLOCK, Row
from phosphene.atlas.schema import Table
from phosphene.errors import UsageError, did_you_mean


class Source:
    """A connection for reading, and what the file held when it was checked last. Threads read in turn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        check_path(path)
        with refusing(path):
            self._connection = connect_reader(path)
        self._version: int | None = None
        self._contents: Contents | None = None
        self._turn = RLock()
        try:
            with self.reading():
                pass
        except BaseException:
            self.close()
            raise

    @property
    def contents(self) -> Contents:
        """What the file holds as of the last read."""
        assert self._contents is not None
        return self._contents

    @property
    def revision(self) -> int:
        """SQLite's number of the file's state as of the last read."""
        assert self._version is not None
        return self._version

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection within a transaction; a file that a scan wrote to meanwhile is checked again.

        Raises:
            PhospheneError: in place of whatever the block raises of SQLite's, and of values that do not fit.
        """
        with self._turn, refusing(self.path):
            self._connection.execute("BEGIN")
            try:
                self._refresh()
                yield self._connection
            finally:
                self._connection.rollback()

    def _refresh(self) -> None:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            bound(self._connection, self.path)
            self._contents = verify(self._connection, self.path)
            self._version = version

    def rows(self, table: Table, where: str, *values: object, most: int = -1) -> list[Row]:
        """Return the rows of a table that fit ``where``, in the order of its key, ``most`` at most."""
        with self.reading() as connection:
            return connection.execute(f"{table.select(where)} LIMIT ?", (*values, most)).fetchall()

    def pages(self, table: Table, most: int = BLOCK) -> Iterator[list[Row]]:
        """Yield all rows of a table, some at a time; between two pages a scan may commit."""
        key, marks = (", ".join(parts) for parts in (table.key, "?" * len(table.key)))
        places = [number for number, column in enumerate(table.columns) if column.name in table.key]
        rows = self.rows(table, "", most=most)
        while rows:
            yield rows
            last = (rows[-1][place] for place in places)
            rows = self.rows(table, f"({key}) > ({marks})", *last, most=most)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def check_path(path: Path) -> None:
    """Raise PhospheneError where there is no file that could be an atlas."""
    with refusing(path):  # to look is refused too, in a folder that is somebody else's
        if path.is_dir():
            raise UsageError(f"{str(path)!r} is a folder; give a file that 'phosphene scan' wrote")
        if not path.exists():
            raise UsageError(f"there is no atlas {str(path)!r}{_near(path) or '; check its name'}")
        if not path.is_file() or not path.stat().st_size:
            raise UsageError(f"{str(path)!r} is empty or no file; give one that 'phosphene scan' wrote")


def _near(path: Path) -> str:
    names = [each.name for each in path.parent.glob("*.atlas")] if path.parent.is_dir() else []
    return did_you_mean(path.name, names)
