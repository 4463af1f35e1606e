"""A new atlas: the tables and the manifest, at its place in one step."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

from phosphene.atlas import manifest as manifests
from phosphene.atlas.checks import ALWAYS
from phosphene.atlas.connection import connect
from phosphene.atlas.records import Manifest
from phosphene.atlas.refusals import why
from phosphene.atlas.rows import Row, seal
from phosphene.atlas.schema import APPLICATION_ID, FORMAT, LAYERS, MANIFEST, SEALS, STATEMENTS
from phosphene.errors import PhospheneError, UsageError
from phosphene.files import reason


def create(path: Path, manifest: Manifest) -> None:
    """Write an atlas without images. There is never half of one at ``path``.

    Raises:
        PhospheneError: there is such a file already, its folder is missing, or the disk refuses.
    """
    if path.exists() or path.is_symlink():
        raise already_there(path)
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {str(path.parent)!r}; make it first: mkdir -p {path.parent}")
    temporary = path.with_name(f".{secrets.token_hex(6)}.atlas")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        _fill(temporary, manifest)
        # What a killed scan left beside an atlas that was deleted since would be rolled back into the new one.
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        _place(temporary, path)
    except OSError as error:
        raise PhospheneError(f"cannot write {str(path)!r}: {reason(error)}") from error
    except sqlite3.Error as error:
        raise PhospheneError(f"cannot write {str(path)!r}: {why(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)
        temporary.with_name(f"{temporary.name}-journal").unlink(missing_ok=True)


def already_there(path: Path) -> UsageError:
    """Return the refusal to write over a file."""
    return UsageError(f"{str(path)!r} is there already; go on with it by --resume, or choose another name")


def _fill(path: Path, manifest: Manifest) -> None:
    connection = connect(path, "rw")
    try:
        connection.execute("PRAGMA synchronous=EXTRA").fetchall()
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT}")
        for statement in STATEMENTS:
            connection.execute(statement)
        _insert(connection, manifest)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _insert(connection: sqlite3.Connection, manifest: Manifest) -> None:
    rows: dict[str, list[Row]] = {
        MANIFEST.name: manifests.to_rows(manifest),
        LAYERS.name: manifests.layer_rows(manifest),
    }
    for table in ALWAYS:
        found = rows.get(table.name, [])
        connection.executemany(table.insert, found)
        sealed = seal(table, found)
        connection.execute(SEALS.insert, (sealed.name, sealed.rows, sealed.sha256))


def _place(temporary: Path, path: Path) -> None:
    """Give the file its name, unless another scan was faster."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise already_there(path) from None
    except OSError:  # a file system without links
        temporary.rename(path)
