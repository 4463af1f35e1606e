"""How large a picture is drawn: small ones enlarged by whole numbers, large ones reduced."""

from __future__ import annotations

from functools import reduce

import numpy as np
import numpy.typing as npt
from PIL import Image

from phosphene.draw.colour import GREY

SLACK = 1.08  # a picture may be this much longer than asked, if that is what a whole factor needs


def fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Return the (width, height) at which a picture of ``size`` is drawn to fill edge x edge (within `SLACK`)."""
    width, height = size
    longest = max(width, height)
    times = int(edge * SLACK / longest)
    if times:
        return width * times, height * times
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))


def enlarged(image: Image.Image, size: tuple[int, int]) -> bool:
    """Say whether drawing ``image`` at ``size`` shows its pixels as squares, rather than reducing it."""
    return size[0] >= image.width and size[1] >= image.height


def resized(image: Image.Image, size: tuple[int, int], around_grey: bool = False) -> Image.Image:
    """Return ``image`` as RGB at ``size``, as given by `fitted`; if ``around_grey``, reduced by `strongest`."""
    image = rgb(image)
    if image.size == size:
        return image
    if enlarged(image, size):
        return image.resize(size, Image.Resampling.NEAREST)
    if around_grey:
        return Image.fromarray(strongest(np.asarray(image), size))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def strongest(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Reduce (H, W, 3) to ``size`` (width, height): of the pixels that fall together, the one farthest from mid-grey.

    In a signed picture a mean would let fine lines above and below zero cancel to grey. Ties go to the lighter and to
    the darker pixel in turn, as on a chessboard, so that lines of both signs are seen.
    """
    (width, height), (rows, columns) = size, pixels.shape[:2]
    top, left = np.arange(height) * rows // height, np.arange(width) * columns // width
    turn = (_which(top, rows)[:, None] + _which(left, columns)) % 2 * np.uint32(0xFFFFFF)
    red, green, blue = np.moveaxis(pixels, 2, 0).astype(np.uint32)
    colour = red << 16 | green << 8 | blue
    distance = reduce(np.maximum, np.abs(np.moveaxis(pixels, 2, 0).astype(np.int16) - GREY)).astype(np.uint32)
    key = np.maximum.reduceat(np.maximum.reduceat(distance << 24 | colour ^ turn, top, 0), left, 1)
    found = key ^ turn[np.ix_(top, left)]
    return np.stack([found >> 16, found >> 8, found], axis=2).astype(np.uint8)


def _which(starts: npt.NDArray[np.intp], length: int) -> npt.NDArray[np.uint32]:
    """Return for each of ``length`` places the number of the stretch it lies in."""
    return (np.searchsorted(starts, np.arange(length), "right") - 1).astype(np.uint32)


def rgb(image: Image.Image) -> Image.Image:
    """Return ``image`` as RGB; what is transparent shows white."""
    if image.mode == "RGB":
        return image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
