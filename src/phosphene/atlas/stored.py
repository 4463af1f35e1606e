"""Arrays out of the file: measured before they are read, hashed before they are used."""

from __future__ import annotations

import sqlite3

from phosphene.atlas.records import Array, LayerInfo, Manifest
from phosphene.atlas.state import ARRAYS, Blob, decode, largest_blob
from phosphene.errors import UsageError, did_you_mean


def stored_names(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the (layer, array) that the file holds, in order."""
    return connection.execute("SELECT layer, name FROM arrays ORDER BY layer, name").fetchall()


def stored_array(connection: sqlite3.Connection, manifest: Manifest, layer: LayerInfo, name: str) -> Array:
    """Return an array as a copy of its own.

    Raises:
        UsageError: the file holds no such array.
        ValueError: it is larger than the manifest allows, or not what was written.
    """
    found = connection.execute(
        "SELECT sha256, blob FROM arrays WHERE layer = ? AND name = ?", (layer.name, name)
    ).fetchone()
    if found is None:
        raise UsageError(f"the atlas has no array {name!r} of {layer.name}{did_you_mean(name, ARRAYS)}")
    sha256, blob = found
    size: int = connection.execute("SELECT length(data) FROM blobs WHERE blob = ?", (blob,)).fetchone()[0]
    if name not in ARRAYS or size > largest_blob(manifest, layer, name):
        raise ValueError(f"the array {name!r} of {layer.name} is not what the manifest says")
    data: bytes = connection.execute("SELECT data FROM blobs WHERE blob = ?", (blob,)).fetchone()[0]
    return decode(manifest, layer, name, Blob(data, sha256))


def stored_state(connection: sqlite3.Connection, manifest: Manifest) -> dict[str, dict[str, Array]]:
    """Return all arrays, {layer: {name: array}}."""
    layers = {layer.name: layer for layer in manifest.layers}
    state: dict[str, dict[str, Array]] = {}
    for layer, name in stored_names(connection):
        state.setdefault(layer, {})[name] = stored_array(connection, manifest, layers[layer], name)
    return state
