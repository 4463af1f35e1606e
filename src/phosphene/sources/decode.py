"""Bytes of a picture file → an 8-bit RGB picture, or one sentence why not.

Only the formats of `formats.py` are reachable, and no pixel is decoded before the header has told a size
that is small enough: pictures are a stranger's input.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources.formats import opener

MAX_PIXELS = 50_000_000
"""Pictures with more pixels than this are refused from their header."""

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what sets the picture upright (EXIF 2.32, tag 274)."""


class BrokenPicture(PhospheneError):  # noqa: N818 (a name of the public interface)
    """A picture that cannot be read; `reason` is the sentence without the picture's id."""

    def __init__(self, reason: str, id: str = "") -> None:
        self.reason = reason
        super().__init__(f"{id} cannot be read: {reason}" if id else reason)


def decode(data: bytes) -> Image.Image:
    """Decode an encoded picture: RGB, upright, over white where it is transparent, first frame only.

    Raises BrokenPicture when it is no picture of a known format, is damaged, or has too many pixels.
    """
    open_format = opener(data)
    if isinstance(open_format, str):
        raise BrokenPicture(open_format)
    try:
        picture = open_format(io.BytesIO(data))
        _check_size(picture.size)
        picture.load()
        return _as_rgb(_upright(picture))
    except BrokenPicture:
        raise
    except Exception as error:  # a decoder may raise anything on damaged data, and none of it is our fault
        raise BrokenPicture(_reason(error)) from error


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise BrokenPicture(f"it has {width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} million")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if "truncated" in text or isinstance(error, EOFError):
        return "the file is cut short"
    return f"the file is damaged ({text[:120]})"


def _upright(picture: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing about the pixels
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture.copy() if type(picture) is not Image.Image else picture
    if picture.mode.startswith("I") or picture.mode == "F":
        return Image.fromarray(_to_eight_bits(np.asarray(picture))).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return _over_white(picture)
    return picture.convert("RGB")


def _over_white(picture: Image.Image) -> Image.Image:
    rgba = picture.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def _to_eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale 16-bit, 32-bit or float grey values to 0..255.

    Whole numbers up to 65535 are 16-bit and keep their high byte, as Pillow does for 16-bit colour; floats in
    0..1 are taken as that range. Anything else has no known range and is stretched from its least to its
    greatest value.
    """
    grey = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    if values.dtype.kind in "iu" and low >= 0 and high <= 65535:
        scaled = grey // 256
    elif low >= 0 and high <= 1:
        scaled = np.rint(grey * 255)
    else:
        scaled = np.rint((grey - low) / max(high - low, 1e-30) * 255)
    return scaled.astype(np.uint8)
