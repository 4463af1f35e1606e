"""Dreams out of an atlas: their figures, and their pictures when these are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

from PIL import Image

from phosphene.atlas.pictures import dreamed
from phosphene.atlas.records import DreamRow
from phosphene.atlas.rows import Row
from phosphene.atlas.source import Source


@dataclass(frozen=True)
class StoredDream(DreamRow):
    """A dream that an atlas keeps."""

    source: Source = field(repr=False, compare=False)

    @property
    def picture(self) -> Image.Image:
        """The picture, RGB, pixel by pixel as it was made; read anew each time.

        Raises:
            PhospheneError: it is not what was written.
        """
        return dreamed(self.source, self)


def dream_of(source: Source, row: Row) -> StoredDream:
    """Return a row of the table of dreams, without its picture, as a record; NaN was kept as NULL."""
    fields: Row = (*row[:4], *(nan if value is None else value for value in row[4:9]), *row[9:13], source)
    return StoredDream(*fields)
