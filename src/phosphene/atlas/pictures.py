"""Pictures out of an atlas: thumbnails, what a unit sees of one, and dreams."""

from __future__ import annotations

import hashlib
import sqlite3

from PIL import Image

from phosphene.atlas import thumbnails
from phosphene.atlas.images import ImageRows
from phosphene.atlas.records import DreamRow, Example
from phosphene.atlas.source import Source


def thumbnail(source: Source, image: int) -> Image.Image | None:
    """Return the small copy of an image, RGB; None where none was kept, or the scan has not come to its end.

    Raises:
        PhospheneError: it is not what was written.
    """
    with source.reading() as connection:
        if not source.contents.progress.complete:  # only then are they sealed
            return None
        return _decoded(connection, "FROM thumbnails WHERE image = ?", image)


def dreamed(source: Source, dream: DreamRow) -> Image.Image:
    """Return the picture of a dream, RGB.

    Raises:
        PhospheneError: it is not what was written, or was removed meanwhile.
    """
    with source.reading() as connection:
        where = "FROM dreams WHERE layer = ? AND unit = ? AND rank = ?"
        found = _decoded(connection, where, dream.layer, dream.unit, dream.rank)
        if found is None:
            raise ValueError(f"a dream of {dream.layer}:{dream.unit} is no longer there")
        return found


def _decoded(connection: sqlite3.Connection, where: str, *key: object) -> Image.Image | None:
    """Measured before it is read, hashed before it is decoded; None if there is none."""
    size = connection.execute(f"SELECT length(webp) {where}", key).fetchone()
    if size is None:
        return None
    thumbnails.check_length(size[0])
    sha256, webp = connection.execute(f"SELECT sha256, webp {where}", key).fetchone()
    if hashlib.sha256(webp).hexdigest() != sha256:
        raise ValueError("a picture's bytes are not those that were hashed")
    return thumbnails.decode(webp)


def patch(source: Source, example: Example) -> Image.Image | None:
    """Return what a unit sees of an example's image, cut from its thumbnail; None where none was kept."""
    small = thumbnail(source, example.image)
    if small is None:
        return None
    row = ImageRows(source)[example.image]
    with source.reading():  # a box of infinite numbers is damage
        return thumbnails.cut(small, row.width, row.height, example.box)
