"""Dreams into an atlas whose scan has come to its end: all of a unit's at once, in place of those it had."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Self

from PIL import Image

from phosphene.atlas import thumbnails
from phosphene.atlas.dreamed import DREAMS as MOST
from phosphene.atlas.holding import Holder
from phosphene.atlas.inserting import reseal
from phosphene.atlas.records import DreamRow
from phosphene.atlas.refusals import DREAMING, unfinished
from phosphene.atlas.rows import Row, fitting, plain
from phosphene.atlas.schema import DREAMS
from phosphene.atlas.source import check_path

_FIELDS = attrgetter(*(column.name for column in DREAMS.bare.columns if column.name != "sha256"))
Pictured = tuple[DreamRow, Image.Image]


class DreamWriter(Holder):
    """Adds dreams to an atlas; a context manager, made by `open`. One writer at a time on a file.

    When something goes wrong, what was not committed is undone, and the file is let go of.
    """

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Take an atlas for writing.

        Raises:
            PhospheneError: there is no such file, its scan has not come to its end, it is damaged, or another program
                writes it.
        """
        path = Path(path)
        check_path(path)
        writer = cls._hold(path, DREAMING)
        if not writer._contents.progress.complete:
            writer.close()
            raise unfinished(path)
        return writer

    def store(self, layer: str, unit: int, dreams: Sequence[Pictured]) -> None:
        """Keep the dreams of a unit in place of those it had, in one transaction; texts that are too long are cut.

        Raises:
            ValueError: the atlas has no such unit, a dream is of another one, they are not numbered from 0, there are
                more than 100, options are too long, or a picture has more than 1,024 pixels to a side.
            PhospheneError: the disk or another program refuses.
        """
        self._check(layer, unit, [row for row, _ in dreams])
        rows = [row for block in plain(DREAMS, _rows(dreams)) for row in block]
        with self._sole.writing() as connection:
            connection.execute("DELETE FROM dreams WHERE layer = ? AND unit = ?", (layer, unit))
            connection.executemany(DREAMS.insert, rows)
            reseal(connection, DREAMS)

    def _check(self, layer: str, unit: int, rows: Sequence[DreamRow]) -> None:
        sizes = {each.name: each.units for each in self.manifest.layers}
        if not 0 <= unit < sizes.get(layer, 0):
            raise ValueError(f"the atlas has no unit {layer}:{unit}")
        if [(row.layer, row.unit, row.rank) for row in rows] != [(layer, unit, rank) for rank in range(len(rows))]:
            raise ValueError(f"the dreams are not those of {layer}:{unit}, numbered from 0")
        if len(rows) > MOST:
            raise ValueError(f"a unit has {MOST} dreams at most")


def _rows(dreams: Iterable[Pictured]) -> Iterable[Row]:
    for row, picture in dreams:
        webp = _exactly(picture)
        yield *_FIELDS(_short(row)), hashlib.sha256(webp).hexdigest(), webp


def _short(row: DreamRow) -> DreamRow:
    return replace(
        row,
        method=fitting(DREAMS, "method", row.method),
        sentence=fitting(DREAMS, "sentence", row.sentence),
        caution=fitting(DREAMS, "caution", row.caution),
    )


def _exactly(picture: Image.Image) -> bytes:
    """Return a picture as a file that loses nothing of it, and that a reader takes."""
    thumbnails.check_size(picture.size)
    file = io.BytesIO()
    picture.convert("RGB").save(file, "WEBP", lossless=True)
    thumbnails.check_length(file.tell())
    return file.getvalue()
