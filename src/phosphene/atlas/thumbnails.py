"""Thumbnails: WebP pictures out of a file of unknown origin, and patches cut from them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

LONGEST_SIDE = 224
"""Of a thumbnail that is written."""
LARGEST_SIDE = 1024
"""Of a picture that is read, in pixels."""
_LARGEST_FILE = 8_000_000
"""The same, in bytes."""


def size(webp: bytes) -> tuple[int, int]:
    """Return (width, height) as the head of a WebP file says; raises ValueError if it is none.

    Pillow makes room for the whole picture as soon as it opens one, so this is asked before.
    """
    if len(webp) < 30 or webp[:4] != b"RIFF" or webp[8:12] != b"WEBP":
        raise ValueError("a thumbnail is no WebP picture")
    kind, body = webp[12:16], webp[20:30]
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    raise ValueError("a thumbnail is no WebP picture")


def check_size(sides: tuple[int, int]) -> None:
    """Raise ValueError if a picture of (width, height) pixels is larger than any in an atlas."""
    if max(sides) > LARGEST_SIDE:
        raise ValueError("a thumbnail is too large")


def check_length(size: int) -> None:
    """Raise ValueError if a thumbnail of ``size`` bytes cannot be one."""
    if size > _LARGEST_FILE:
        raise ValueError("a thumbnail is too large")


def decode(webp: bytes) -> Image.Image:
    """Return a thumbnail as an RGB picture; raises ValueError if it is none or too large to be one."""
    check_size(size(webp))
    try:
        with Image.open(io.BytesIO(webp), formats=["WEBP"]) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError("a thumbnail cannot be decoded") from error


def cut(thumbnail: Image.Image, width: int, height: int, box: Sequence[float]) -> Image.Image:
    """Return what ``box`` (x0, y0, x1, y1), in pixels of a picture of ``width`` x ``height``, shows of a thumbnail.

    It is at least one pixel large, and never reaches beyond the thumbnail.
    """
    x0, x1 = _span(box[0], box[2], thumbnail.width, width)
    y0, y1 = _span(box[1], box[3], thumbnail.height, height)
    return thumbnail.crop((x0, y0, x1, y1))


def _span(start: float, stop: float, here: int, there: int) -> tuple[int, int]:
    scale = here / max(there, 1)
    first = min(max(round(start * scale), 0), here - 1)
    return first, min(max(round(stop * scale), first + 1), here)
