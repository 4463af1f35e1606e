"""The images of an atlas, a few at a time: there may be a million."""

from __future__ import annotations

from collections.abc import Iterator

from phosphene.atlas.records import ImageRow
from phosphene.atlas.schema import IMAGES
from phosphene.atlas.source import Source
from phosphene.errors import UsageError


class ImageRows:
    """The images that were scanned, in order; ``images[number]`` is the one that an example calls ``image``."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __len__(self) -> int:
        return self._source.contents.progress.scanned

    def __getitem__(self, number: int) -> ImageRow:
        found = self._source.rows(IMAGES, "image = ?", number)
        if not found:
            raise UsageError(f"the atlas has no image {number}; an example's image is one that it has")
        return ImageRow(*found[0])

    def __iter__(self) -> Iterator[ImageRow]:
        for rows in self._source.pages(IMAGES):
            yield from (ImageRow(*row) for row in rows)
