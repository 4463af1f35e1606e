"""Rows into the tables, within a transaction of the caller."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator

from phosphene.atlas.checks import seal_of, shard_sha256
from phosphene.atlas.records import CorrelationRow, Example, Manifest, Shard, State, Thumbnail
from phosphene.atlas.rows import Row, plain
from phosphene.atlas.schema import ARRAYS, BLOBS, CORRELATIONS, FAILURES, IMAGES, SEALS, SHARDS, THUMBNAILS, Table
from phosphene.atlas.state import encode


def insert(connection: sqlite3.Connection, table: Table, rows: Iterable[Row], otherwise: str = "ABORT") -> None:
    """Add rows to a table; ``otherwise`` is what happens to a row whose key is there already."""
    for block in plain(table, rows):
        connection.executemany(table.insert.replace("INSERT", f"INSERT OR {otherwise}"), block)


def reseal(connection: sqlite3.Connection, *tables: Table) -> None:
    """Write the seals of tables as they now are."""
    found = (seal_of(connection, table) for table in tables)
    insert(connection, SEALS, ((seal.name, seal.rows, seal.sha256) for seal in found), "REPLACE")


def insert_shard(connection: sqlite3.Connection, shard: Shard, failed: int) -> None:
    """Add a shard with its images and failures, after ``failed`` images that failed in those before."""
    images = _listed(IMAGES, ((i.index, i.name, i.label, i.width, i.height) for i in shard.images))
    failures = _listed(FAILURES, ((n, f.name, f.reason) for n, f in enumerate(shard.failures, failed)))
    connection.executemany(IMAGES.insert, images)
    connection.executemany(FAILURES.insert, failures)
    sha256 = shard_sha256(iter(images), iter(failures))
    counts = len(images), len(failures)
    row = (shard.number, shard.first, shard.end, *counts, shard.fingerprint, shard.seconds, sha256)
    insert(connection, SHARDS, [row])


def _listed(table: Table, rows: Iterable[Row]) -> list[Row]:
    return [row for block in plain(table, rows) for row in block]


def replace_state(connection: sqlite3.Connection, manifest: Manifest, state: State) -> None:
    """Write the arrays, then remove those of the shard before.

    In this order new blobs go to the pages that the last but one left, which need no place in the journal.

    Raises:
        ValueError: an array is not of the format.
    """
    last: int = connection.execute("SELECT coalesce(max(blob), 0) FROM blobs").fetchone()[0]
    connection.execute("DELETE FROM arrays")
    insert(connection, ARRAYS, _stored(connection, manifest, state, last))
    connection.execute("DELETE FROM blobs WHERE blob <= ?", (last,))


def _stored(connection: sqlite3.Connection, manifest: Manifest, state: State, last: int) -> Iterator[Row]:
    layers = {layer.name: layer for layer in manifest.layers}
    arrays = ((layer, name, array) for layer, found in state.items() for name, array in found.items())
    for number, (layer, name, array) in enumerate(arrays, last + 1):
        blob = encode(manifest, layers[layer], name, array)
        connection.execute(BLOBS.insert, (number, blob.data))
        yield layer, name, blob.sha256, number


def insert_thumbnails(connection: sqlite3.Connection, thumbnails: Iterable[Thumbnail]) -> None:
    """Add thumbnails; one of the same image is replaced."""
    rows = ((t.image, hashlib.sha256(t.webp).hexdigest(), t.webp) for t in thumbnails)
    insert(connection, THUMBNAILS, rows, "REPLACE")


def example_rows(examples: Iterable[Example]) -> Iterator[Row]:
    """Yield examples as rows, their boxes spread over four columns."""
    return ((e.layer, e.unit, e.kind, e.rank, e.image, e.value, e.y, e.x, *e.box) for e in examples)


def insert_pairs(connection: sqlite3.Connection, correlations: Iterable[CorrelationRow]) -> None:
    """Add correlations, each pair once, the smaller unit first."""
    rows = ((c.layer, min(c.unit, c.other), max(c.unit, c.other), c.r) for c in correlations)
    insert(connection, CORRELATIONS, rows, "IGNORE")
