"""Sprites: several pictures in one file, in cells of one size, so that a page of thousands stays quick."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image

COLUMNS = 3
"""Cells side by side in a unit's sprite."""
LARGEST = 112
"""Pixels to a side of a cell, at most: larger patches are made smaller."""
SMALL = 48
"""Cells up to this size are kept without loss: their pixels are shown enlarged."""


def cell_of(pictures: Sequence[Image.Image | None], largest: int = LARGEST) -> int:
    """Return the side of a cell that holds each picture at its own size, or the ``largest``."""
    return min(largest, max((side for picture in pictures if picture for side in picture.size), default=1))


def sprite(pictures: Sequence[Image.Image | None], columns: int, cell: int) -> Image.Image:
    """Put pictures in cells, row by row, each in the middle of its own; None leaves a cell transparent."""
    rows = max(1, -(-len(pictures) // columns))
    sheet = Image.new("RGBA", (columns * cell, rows * cell), (0, 0, 0, 0))
    for place, picture in enumerate(pictures):
        if picture is not None:
            row, column = divmod(place, columns)
            fitted = _fitted(picture, cell)
            left, top = (cell - fitted.width) // 2, (cell - fitted.height) // 2
            sheet.paste(fitted, (column * cell + left, row * cell + top))
    return sheet


def _fitted(picture: Image.Image, cell: int) -> Image.Image:
    if max(picture.size) <= cell:
        return picture
    scale = cell / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def encoded(image: Image.Image, cell: int) -> tuple[bytes, str]:
    """Return a sprite of such cells as a file, and its kind: PNG for small cells, WebP for others."""
    file = io.BytesIO()
    if cell <= SMALL:
        image.save(file, "PNG")
        return file.getvalue(), "image/png"
    image.save(file, "WEBP", quality=84, method=0)
    return file.getvalue(), "image/webp"


def data_url(image: Image.Image, cell: int) -> str:
    """Return a sprite as a ``data:`` address."""
    body, kind = encoded(image, cell)
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"
