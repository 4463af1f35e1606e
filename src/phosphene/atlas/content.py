"""A hash over what an atlas says, without when it was written, in which shards, and by which software."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

from phosphene.atlas.checks import AT_THE_END, Contents, seal_of
from phosphene.atlas.manifest import content
from phosphene.atlas.schema import FAILURES, IMAGES, LAYERS


def content_hash(connection: sqlite3.Connection, contents: Contents) -> str:
    """Return the SHA-256, in hexadecimal, of the lines that docs/atlas-format.md lists under Content."""
    digest = hashlib.sha256()
    for line in _lines(connection, contents):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _lines(connection: sqlite3.Connection, contents: Contents) -> Iterator[str]:
    yield f"manifest {content(contents.manifest)}"
    yield f"fingerprint {contents.fingerprint}"
    tables = (LAYERS, IMAGES, FAILURES, *(AT_THE_END if contents.progress.complete else ()))
    for seal in (seal_of(connection, table) for table in tables):
        yield f"{seal.name} {seal.rows} {seal.sha256}"
    for layer, name, sha256 in connection.execute("SELECT layer, name, sha256 FROM arrays ORDER BY layer, name"):
        yield f"array {layer} {name} {sha256}"
