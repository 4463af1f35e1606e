"""Whether a file is a whole atlas of this format: header, tables, every page, every row."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from phosphene.atlas import manifest as manifests
from phosphene.atlas.dreamed import check_dreams
from phosphene.atlas.measured import check_trust
from phosphene.atlas.records import Manifest, Progress
from phosphene.atlas.refusals import damaged
from phosphene.atlas.rows import Row, Seal, absorb, seal
from phosphene.atlas.schema import (
    APPLICATION_ID,
    ARRAYS,
    FAILURES,
    FINISHED,
    FORMAT,
    IMAGES,
    LATER,
    LAYERS,
    MANIFEST,
    SEALS,
    SHARDS,
    STATEMENTS,
    TABLES,
    THUMBNAILS,
    Table,
)
from phosphene.errors import PhospheneError

ALWAYS = (MANIFEST, LAYERS, SHARDS, ARRAYS)
"""Sealed at every commit. `SHARDS` seals images and failures; `FINISHED` and thumbnails are sealed at the end."""
AT_THE_END = (*FINISHED, THUMBNAILS)
SEALED = (*ALWAYS, *AT_THE_END, *LATER)
"""`LATER` are sealed at the end too, when they are empty, and anew whenever units are measured or dreamt of."""


@dataclass(frozen=True)
class Contents:
    """What was found in a file that passed."""

    manifest: Manifest
    progress: Progress
    fingerprint: str
    """Of everything that was committed; "" where that is nothing."""


def verify(connection: sqlite3.Connection, path: Path) -> Contents:
    """Check a whole file within one transaction of the caller, and return what it says of itself.

    Raises:
        PhospheneError: it is no atlas, of a newer format, or cut short.
        ValueError, sqlite3.Error: it is damaged.
    """
    _check_header(connection, path)
    _check_schema(connection)
    _check_pages(connection)
    seals = {name: Seal(name, rows, sha) for name, rows, sha in islice(connection.execute(SEALS.select()), 100)}
    complete = _check_names(seals)
    _check_lengths(connection)
    for table in SEALED:
        _check_table(connection, table, seals)
    _check_blobs(connection)
    shards = connection.execute(SHARDS.select()).fetchall()
    _check_images(connection, shards)
    found = manifests.from_rows(
        connection.execute(MANIFEST.select()).fetchall(), connection.execute(LAYERS.select()).fetchall()
    )
    check_trust(connection, found.layers)
    check_dreams(connection, found.layers)
    return Contents(found, _progress(shards, found.total, complete), shards[-1][5] if shards else "")


def _value(connection: sqlite3.Connection, sql: str) -> int:
    found: int = connection.execute(sql).fetchone()[0]
    return found


def _check_header(connection: sqlite3.Connection, path: Path) -> None:
    if _value(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise PhospheneError(f"{str(path)!r} is no atlas; give a file that 'phosphene scan' wrote")
    if (version := _value(connection, "PRAGMA user_version")) > FORMAT:
        raise PhospheneError(
            f"{str(path)!r} is of format {version}, and this version reads up to {FORMAT}; "
            "get a newer one: python -m pip install --upgrade phosphene"
        )
    pages, size = _value(connection, "PRAGMA page_count"), _value(connection, "PRAGMA page_size")
    if (there := path.stat().st_size) < pages * size:
        raise damaged(path, f"cut short: {there:,} of {pages * size:,} bytes")


def _check_schema(connection: sqlite3.Connection) -> None:
    expected = _schema()
    found = islice(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"), len(expected) + 1)
    if set(found) != expected or connection.execute("PRAGMA encoding").fetchone() != ("UTF-8",):
        raise ValueError("its tables are not those of an atlas")


@cache
def _schema() -> frozenset[Row]:
    memory = sqlite3.connect(":memory:")
    try:
        for statement in STATEMENTS:
            memory.execute(statement)
        return frozenset(memory.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))
    finally:
        memory.close()


def _check_pages(connection: sqlite3.Connection) -> None:
    said = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != ("ok",):
        raise ValueError(f"its pages do not fit together: {str(said and said[0]).splitlines()[-1]}")


def _check_names(seals: dict[str, Seal]) -> bool:
    """Whether the scan is complete, by which tables are sealed."""
    always, every = ({table.name for table in tables} for tables in (ALWAYS, SEALED))
    if set(seals) not in (always, every):
        raise ValueError("seals are missing")
    return set(seals) == every


def _check_lengths(connection: sqlite3.Connection) -> None:
    """Before rows are read: of those with bounded texts many are taken at once."""
    for table in (table for table in TABLES if table.too_long):
        if connection.execute(f"SELECT 1 FROM {table.name} WHERE {table.too_long} LIMIT 1").fetchone():
            raise ValueError(f"a text of the table {table.name} is too long")


def _check_table(connection: sqlite3.Connection, table: Table, seals: dict[str, Seal]) -> None:
    if table.name in seals:
        if seal_of(connection, table) != seals[table.name]:
            raise ValueError(f"rows of the table {table.name} changed")
    elif table is not THUMBNAILS and _value(connection, f"SELECT count(*) FROM {table.name}"):
        raise ValueError(f"the table {table.name} has rows before its time")


def seal_of(connection: sqlite3.Connection, table: Table) -> Seal:
    """Return the seal of a table as it is now."""
    return seal(table, connection.execute(table.bare.select()))


def _check_blobs(connection: sqlite3.Connection) -> None:
    """Every array has its blob and every blob its array; their bytes are hashed when they are read."""
    named = {row[0] for row in connection.execute("SELECT blob FROM arrays")}
    if named != {row[0] for row in connection.execute("SELECT blob FROM blobs")}:
        raise ValueError("arrays are missing")


def _check_images(connection: sqlite3.Connection, shards: list[Row]) -> None:
    images, failures = (iter(connection.execute(table.select())) for table in (IMAGES, FAILURES))
    for _, _, _, scanned, failed, _, _, sha256 in shards:
        if shard_sha256(islice(images, scanned), islice(failures, failed)) != sha256:
            raise ValueError("the list of images changed")
    if next(images, None) or next(failures, None):
        raise ValueError("there are images of no shard")


def shard_sha256(images: Iterator[Row], failures: Iterator[Row]) -> str:
    """Return the hash that seals the images and failures of a shard."""
    digest = hashlib.sha256()
    absorb(digest, IMAGES, images)
    absorb(digest, FAILURES, failures)
    return digest.hexdigest()


def _progress(shards: list[Row], total: int | None, complete: bool) -> Progress:
    scanned, failed = sum(shard[3] for shard in shards), sum(shard[4] for shard in shards)
    seconds = float(sum(shard[6] for shard in shards))
    return Progress(scanned + failed, scanned, failed, total, len(shards), seconds, complete)
