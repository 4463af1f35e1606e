"""Reading an atlas, also a stranger's: nothing in the file is trusted before it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from phosphene.atlas import content, query, stored
from phosphene.atlas.images import ImageRows
from phosphene.atlas.notebook import atlas_html
from phosphene.atlas.pictures import thumbnail
from phosphene.atlas.records import Array, Example, Failure, LayerInfo, Manifest, Progress
from phosphene.atlas.refusals import unfinished
from phosphene.atlas.rows import Row
from phosphene.atlas.schema import EXAMPLES, FAILURES, Table
from phosphene.atlas.source import Source
from phosphene.atlas.unit import AtlasUnit, Units, example_of
from phosphene.errors import UsageError, did_you_mean


def open_atlas(path: str | Path) -> Atlas:
    """Open an atlas for reading, and check all of it.

    A scan may still be writing it: then what it has committed so far is seen.

    Raises:
        PhospheneError: there is no such file, it is no atlas, of a newer format, cut short or damaged.
    """
    return Atlas(Source(Path(path)))


class Atlas:
    """An open atlas: ``atlas["relu2:8"]`` is a unit, ``atlas["relu2"]`` all units of a layer. A context manager."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.images = ImageRows(source)
        """The images that were scanned; see `ImageRows`."""

    def __repr__(self) -> str:
        done, of = self.progress.done, "" if self.progress.total is None else f" of {self.progress.total:,}"
        return f"Atlas({str(self.path)!r}, {self.manifest.network}, {done:,}{of} images of {self.manifest.images})"

    def _repr_html_(self) -> str:
        return atlas_html(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    # -- the whole -----------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file."""
        return self._source.path

    @property
    def manifest(self) -> Manifest:
        """What was scanned, by what."""
        return self._source.contents.manifest

    @property
    def progress(self) -> Progress:
        """How far the scan is, as of the last time that something was read."""
        return self._source.contents.progress

    @property
    def complete(self) -> bool:
        """Whether the scan has come to its end; before, there are no units and examples."""
        return self.progress.complete

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layers that were scanned."""
        return self.manifest.layers

    @property
    def failures(self) -> list[Failure]:
        """The images that could not be read, and why."""
        return [Failure(name, reason) for _, name, reason in self._source.rows(FAILURES, "")]

    def content_hash(self) -> str:
        """Return a hash of what the atlas says; two scans of the same have the same, however often interrupted."""
        with self._source.reading() as connection:
            return content.content_hash(connection, self._source.contents)

    # -- its parts -----------------------------------------------------------------------------------------------

    def layer(self, name: str) -> LayerInfo:
        """Return a layer; raises UsageError with the nearest name if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise UsageError(f"the atlas has no layer {name!r}{did_you_mean(name, names) or f'; it has {_few(names)}'}")

    def unit(self, layer: str, index: int) -> AtlasUnit:
        """Return a unit; raises UsageError if there is none, PhospheneError if the scan has not come to its end."""
        info = self.layer(layer)
        if not 0 <= index < info.units:
            raise UsageError(f"{layer} has units 0 to {info.units - 1}, so there is no unit {index}")
        if not self.complete:
            raise unfinished(self.path)
        return AtlasUnit(self._source, info, index)

    def units(self, layer: str) -> Units:
        """Return all units of a layer; raises as `unit` does."""
        return Units(self.unit(layer, number) for number in range(self.layer(layer).units))

    def __getitem__(self, address: str) -> AtlasUnit | Units:
        layer, colon, index = address.strip().partition(":")
        if not colon:
            return self.units(layer)
        if not index.isdecimal():
            raise UsageError(f"{address!r} is no unit's address; type LAYER:INDEX, counted from 0, such as 'conv2:9'")
        return self.unit(layer, int(index))

    def array(self, layer: str, name: str) -> Array:
        """Return an array of the scan's state; docs/atlas-format.md lists them.

        Raises:
            PhospheneError: there is none of that name, or it is not what was written.
        """
        info = self.layer(layer)
        with self._source.reading() as connection:
            return stored.stored_array(connection, self.manifest, info, name)

    def arrays(self) -> list[tuple[str, str]]:
        """Return the (layer, name) of every array in the file."""
        with self._source.reading() as connection:
            return stored.stored_names(connection)

    def thumbnail(self, image: int) -> Image.Image | None:
        """Return the small copy of an image, RGB; None where none was kept.

        Raises:
            PhospheneError: it is not what was written.
        """
        return thumbnail(self._source, image)

    def of_layer(self, table: Table, layer: str) -> list[Row]:
        """Return the rows of a table that speak of a layer, in the order of its key."""
        return self._source.rows(table, "layer = ?", layer)

    def dreamt_of(self, layer: str) -> frozenset[int]:
        """Return the units of a layer that have dreams."""
        with self._source.reading() as connection:
            found = connection.execute("SELECT DISTINCT unit FROM dreams WHERE layer = ?", (layer,))
            return frozenset(unit for (unit,) in found)

    def shown_by(self, image: int) -> list[Example]:
        """Return for which units an image is an example: one of the strongest, or a typical one."""
        return [example_of(row) for row in self._source.rows(EXAMPLES, "image = ?", image)]

    @property
    def revision(self) -> int:
        """A number that changes when another program has written to the file."""
        with self._source.reading():
            return self._source.revision

    def pages(self, table: Table) -> Iterator[list[Row]]:
        """Yield all rows of a table that has no blobs, some at a time, in the order of its key."""
        return self._source.pages(table)

    def query(self, sql: str, most_rows: int = query.MOST_ROWS, seconds: float = query.MOST_SECONDS) -> query.Answer:
        """Return the answer to one SELECT, as rows with ``.columns``; docs/atlas-format.md lists tables and views.

        Raises:
            UsageError: it is no single SELECT over the tables and views of an atlas.
            PhospheneError: it takes longer than ``seconds``, or brings more than ``most_rows`` rows or 250 MB.
        """
        with self._source.reading() as connection:
            return query.ask(connection, sql, most_rows, seconds)


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
