"""Sprites: several pictures in one file, in cells of one size, so that a page of thousands stays quick."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

COLUMNS = 3
"""Cells side by side in a unit's sprite."""
LARGEST = 112
"""Pixels to a side of a cell, at most: larger patches are made smaller."""
SMALL = 48
"""Cells up to this size are kept without loss: their pixels are shown enlarged."""
KIND = "image/webp"


@dataclass(frozen=True)
class Cut:
    """Which sides of a picture were cut off at its source's edges: what is left is moved away from them."""

    left: bool = False
    top: bool = False
    right: bool = False
    bottom: bool = False


def cell_of(pictures: Sequence[Image.Image | None], largest: int = LARGEST) -> int:
    """Return the side of a cell that holds each picture at its own size, or the ``largest``."""
    return min(largest, max((side for picture in pictures if picture for side in picture.size), default=1))


def sprite(
    pictures: Sequence[Image.Image | None],
    columns: int,
    cell: int,
    cuts: Sequence[Cut] | None = None,
    fill: bool = False,
) -> Image.Image:
    """Put pictures in cells, row by row, each in the middle of its own or as its cut says; None leaves one empty.

    Larger ones are made smaller; with ``fill`` smaller ones are made larger too.
    """
    rows = max(1, -(-len(pictures) // columns))
    sheet = Image.new("RGBA", (columns * cell, rows * cell), (0, 0, 0, 0))
    for place, picture in enumerate(pictures):
        if picture is not None:
            row, column = divmod(place, columns)
            fitted, cut = _fitted(picture, cell, fill), cuts[place] if cuts else Cut()
            left = _start(cell - fitted.width, cut.left, cut.right)
            top = _start(cell - fitted.height, cut.top, cut.bottom)
            sheet.paste(fitted, (column * cell + left, row * cell + top))
    return sheet


def _start(spare: int, before: bool, after: bool) -> int:
    return spare // 2 if before == after else spare * before


def _fitted(picture: Image.Image, cell: int, fill: bool) -> Image.Image:
    if max(picture.size) <= cell and not fill:
        return picture
    scale = cell / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def encoded(image: Image.Image, cell: int) -> bytes:
    """Return a sprite of such cells as a WebP file, without loss where the cells are small."""
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=cell <= SMALL, quality=84, method=0)
    return file.getvalue()


def data_url(image: Image.Image, cell: int) -> str:
    """Return a sprite as a ``data:`` address."""
    return f"data:{KIND};base64,{base64.b64encode(encoded(image, cell)).decode()}"
