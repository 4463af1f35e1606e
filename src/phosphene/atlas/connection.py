"""Connections to the file. Nothing else may open it: closing a plain handle would drop SQLite's locks on it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from phosphene.errors import PhospheneError

WAIT = 60.0
"""Seconds to wait for another program that reads or commits."""
_LARGEST_VALUE = 1_000_000_000
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")

# As SQLite's "Defense Against The Dark Arts" advises, wide enough for a person's questions.
_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 20,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file, ``mode`` "ro", "rw" or "rwc", without trust in what is in it."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Threads take turns: see `Source.reading`.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=WAIT, check_same_thread=False)
    try:
        _distrust(connection)
        _set(connection, "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0")
    except BaseException:
        connection.close()
        raise
    return connection


def _distrust(connection: sqlite3.Connection) -> None:
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)


def _set(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the file for a scan.

    A rollback journal, not a write-ahead log: when the program is gone there is one file, or one and a journal
    that the next to open it rolls back. EXTRA also syncs the folder, so that a commit outlives a power cut.
    """
    connection = connect(path, "rw")
    _set(connection, "journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=OFF", "cache_size=-16000")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open the file to be read only; a shard in whose midst a scan was killed is undone first."""
    try:
        return _reader(path)
    except sqlite3.OperationalError as error:
        if _name(error) == "SQLITE_IOERR_LOCK":
            raise PhospheneError(
                f"{str(path)!r} cannot be locked, perhaps because it has a write-ahead log, as no scan leaves it; "
                f"type: sqlite3 {path} 'PRAGMA journal_mode=DELETE'"
            ) from error
        if not _name(error).startswith("SQLITE_READONLY"):
            raise
    roll_back(path)
    return _reader(path)


def _reader(path: Path) -> sqlite3.Connection:
    """The first read is made under an exclusive mode: with a write-ahead log, any other would leave two more files."""
    connection = connect(path, "ro")
    try:
        _set(connection, "query_only=ON", "locking_mode=EXCLUSIVE", "schema_version")
        _set(connection, "locking_mode=NORMAL", "schema_version", "cache_size=-16000")
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        bound(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def bound(connection: sqlite3.Connection, path: Path) -> None:
    """Take no value that is larger than the file."""
    largest = min(max(path.stat().st_size, 1_000_000), _LARGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, largest)


def roll_back(path: Path) -> None:
    """Undo the shard in whose midst a scan was killed, as its journal says.

    Raises:
        PhospheneError: the journal names another file (which SQLite might remove), or the folder is read-only.
    """
    journal = journal_of(path)
    if journal.exists() and _names_another(journal):
        raise PhospheneError(f"{str(journal)!r} was not left by a scan; remove it, if you do not know whence it is")
    try:
        with closing(connect(path, "rw")) as connection:
            _set(connection, "schema_version")  # reads the file, which undoes what is half written
    except sqlite3.OperationalError as error:
        if not _name(error).startswith("SQLITE_READONLY"):
            raise
        raise PhospheneError(
            f"the scan that wrote {str(path)!r} was killed, and its last shard cannot be undone in a read-only place; "
            f"copy the file and {journal.name!r} together to where you may write"
        ) from error


def journal_of(path: Path) -> Path:
    """Return where SQLite keeps what a commit replaces, until it is done."""
    return path.with_name(f"{path.name}-journal")


def _names_another(journal: Path) -> bool:
    """Whether the journal ends with the name of a super-journal, which an atlas never has."""
    with journal.open("rb") as file:
        file.seek(max(0, journal.stat().st_size - len(_JOURNAL_MAGIC)))
        return file.read() == _JOURNAL_MAGIC


def _name(error: BaseException) -> str:
    return getattr(error, "sqlite_errorname", "") or ""
