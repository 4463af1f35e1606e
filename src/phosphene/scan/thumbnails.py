"""Small copies of the pictures that are examples, so that an atlas can be read without the images."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from PIL import Image

from phosphene.atlas.records import Thumbnail
from phosphene.scan.loading import THREADS
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.images import Picture

LONGEST = 224
"""Pixels of the longest side."""
LOSSLESS_UP_TO = 64
"""Pictures whose longest side has no more pixels are kept exactly: compression would be all one sees."""


def thumbnails(pictures: Iterable[tuple[int, Picture]]) -> Iterator[list[Thumbnail]]:
    """Yield the small copies of numbered pictures, some at a time; one that is broken by now is left out."""
    rest = iter(pictures)
    with ThreadPoolExecutor(THREADS) as pool:
        while some := list(islice(rest, 256)):
            yield [thumbnail for thumbnail in pool.map(_made, some) if thumbnail is not None]


def _made(numbered: tuple[int, Picture]) -> Thumbnail | None:
    number, picture = numbered
    try:
        image = picture.open()
    except BrokenPicture:
        return None
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", quality=85, lossless=max(image.size) <= LOSSLESS_UP_TO, method=2)
    return Thumbnail(number, encoded.getvalue())
