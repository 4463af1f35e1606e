"""Bytes of a picture file → an 8-bit RGB picture, or one sentence why not.

Pictures are a stranger's input: only the formats of `formats.py` are reachable, and no pixel is decoded
before the header has told a size that is small enough.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from phosphene.errors import PhospheneError
from phosphene.sources.formats import opener, webp_size

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


def decode(data: bytes, largest: int | None = None) -> Image.Image:
    """Decode an encoded picture: RGB, upright, over white where it is transparent, first frame only.

    With `largest`, what has more pixels than that to its longer side is made smaller, as early as its format lets.

    Raises BrokenPicture when it is no picture of a known format, is damaged, or has too many pixels.
    """
    open_format = opener(data)
    if isinstance(open_format, str):
        raise BrokenPicture(open_format)
    if data.startswith(b"RIFF"):
        _check_size(webp_size(data))
    try:
        picture = open_format(io.BytesIO(data))
        _check_size(picture.size)
        if largest is None:
            return _as_rgb(_turned(picture, _turn(picture)))
        return _fitted(picture, largest)
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
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "the file is cut short"
    return f"the file is damaged ({text[:120]})"


def _fitted(picture: ImageFile, largest: int) -> Image.Image:
    """Decode with little more memory than the picture takes in its own form, and none for copies of that size."""
    factor = max(picture.size) // largest
    if factor > 1:
        picture.draft(None, (picture.width // factor, picture.height // factor))  # JPEG decodes to 1/2, 1/4 or 1/8
    turn, small = _turn(picture), _reduced(picture, largest)
    small = _as_rgb(_turned(small, turn))
    small.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    return small


def _reduced(picture: Image.Image, largest: int) -> Image.Image:
    """Average blocks of pixels, as many as leave the longer side at `largest` or above."""
    factor = max(picture.size) // largest
    if factor < 2:
        return picture
    if "transparency" in picture.info or picture.mode == "PA":
        picture = picture.convert("RGBA")
    elif picture.mode in ("1", "P"):
        picture = picture.convert("RGB" if picture.mode == "P" else "L")
    elif picture.mode.startswith("I;"):
        picture = Image.fromarray(_to_eight_bits(np.asarray(picture)))
    return picture.reduce(factor)


def _turn(picture: ImageFile) -> Image.Transpose | None:
    """Decode, and tell what sets the picture upright; a TIFF says so only once it is decoded."""
    picture.load()
    try:
        return _UPRIGHT.get(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing about the pixels
        return None


def _turned(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return picture if turn is None else picture.transpose(turn)


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return Image.fromarray(_to_eight_bits(np.asarray(picture))).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _to_eight_bits(grey: np.ndarray) -> np.ndarray:
    """Scale 16-bit, 32-bit or float grey values (H, W) to 0..255.

    Whole numbers from 0 to 65535 are 16-bit and keep their high byte, as Pillow does for 16-bit colour;
    floats from 0 to 1 are taken as that range. Anything else has no known range and is stretched from its
    least to its greatest value; what is not finite counts as 0.
    """
    if grey.dtype.kind == "f":
        grey = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    if grey.dtype.kind != "f" and low >= 0 and high <= 65535:
        return (grey >> 8).astype(np.uint8)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return np.rint((grey - low) * (255 / max(high - low, 1e-30))).astype(np.uint8)
