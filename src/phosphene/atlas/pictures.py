"""Pictures out of an atlas: thumbnails, and what a unit sees of one."""

from __future__ import annotations

import hashlib

from PIL import Image

from phosphene.atlas import thumbnails
from phosphene.atlas.images import ImageRows
from phosphene.atlas.records import Example
from phosphene.atlas.source import Source


def thumbnail(source: Source, image: int) -> Image.Image | None:
    """Return the small copy of an image, RGB; None where none was kept, or the scan has not come to its end.

    Raises:
        PhospheneError: it is not what was written.
    """
    with source.reading() as connection:
        if not source.contents.progress.complete:  # only then are they sealed
            return None
        where = "FROM thumbnails WHERE image = ?"
        size = connection.execute(f"SELECT length(webp) {where}", (image,)).fetchone()
        if size is None:
            return None
        thumbnails.check_length(size[0])
        sha256, webp = connection.execute(f"SELECT sha256, webp {where}", (image,)).fetchone()
        if hashlib.sha256(webp).hexdigest() != sha256:
            raise ValueError("a thumbnail's bytes are not those that were hashed")
        return thumbnails.decode(webp)


def patch(source: Source, example: Example) -> Image.Image | None:
    """Return what a unit sees of an example's image, cut from its thumbnail; None where none was kept."""
    small = thumbnail(source, example.image)
    if small is None:
        return None
    row = ImageRows(source)[example.image]
    with source.reading():  # a box of infinite numbers is damage
        return thumbnails.cut(small, row.width, row.height, example.box)
