"""The connection of a scan: it alone may write, and what it writes is committed whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phosphene.atlas.connection import WAIT, connect_writer, journal_of
from phosphene.atlas.refusals import Job, unwritten
from phosphene.errors import PhospheneError


class Sole:
    """The one connection that writes to a file.

    Between commits it stands in a transaction that has written nothing: others may read, none may write, and a
    kill leaves nothing to undo.

    Raises:
        PhospheneError: another scan holds the file.
    """

    def __init__(self, path: Path, job: Job) -> None:
        self.path = path
        self._job = job
        self.connection = connect_writer(path)
        try:
            self._hold()
            journal_of(path).unlink(missing_ok=True)  # one that a kill left before it held anything
        except BaseException:
            self.connection.close()
            raise
        self._version = self._data_version()

    def _hold(self) -> None:
        self._wait(0)
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        self._wait(WAIT)

    def _wait(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}").fetchall()

    def _data_version(self) -> int:
        found: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def _refusal(self, error: sqlite3.Error) -> PhospheneError:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            return PhospheneError(
                f"{self._job.others} is writing {str(self.path)!r}; wait until that has ended{self._job.instead}"
            )
        return unwritten(self.path, error, self._job)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block writes, or undo it and close the file.

        Raises:
            PhospheneError: the disk or another program refuses; what was committed before is kept.
        """
        try:
            yield self.connection
            self.connection.execute("COMMIT")
            self._hold()
            self._check_alone()
        except sqlite3.Error as error:
            self.close()
            raise unwritten(self.path, error, self._job) from error
        except BaseException:
            self.close()
            raise

    def _check_alone(self) -> None:
        if self._data_version() != self._version:
            raise PhospheneError(
                f"{self._job.others} wrote to {str(self.path)!r} meanwhile; go on with it by {self._job.go_on}"
            )

    def compact(self) -> None:
        """Give free pages back to the disk, if they are many and it has room; end of all writing."""
        with contextlib.suppress(sqlite3.Error):
            free, pages = (
                self.connection.execute(f"PRAGMA {n}").fetchone()[0] for n in ("freelist_count", "page_count")
            )
            self.connection.execute("ROLLBACK")
            if free * 10 > pages:
                self.connection.execute("VACUUM")

    def close(self) -> None:
        """Undo what is not committed and let go of the file; may be called again."""
        with contextlib.suppress(sqlite3.Error):  # closed already, or SQLite has undone it itself
            self.connection.execute("ROLLBACK")
        self.connection.close()
