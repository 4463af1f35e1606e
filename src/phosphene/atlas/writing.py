"""Writing an atlas: whole shards, each committed at once, then what is derived from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Self

from phosphene.atlas import records
from phosphene.atlas.checks import AT_THE_END, Contents
from phosphene.atlas.creation import create
from phosphene.atlas.holding import Holder
from phosphene.atlas.inserting import (
    example_rows,
    insert,
    insert_pairs,
    insert_shard,
    insert_thumbnails,
    replace_state,
    reseal,
)
from phosphene.atlas.manifest import differences
from phosphene.atlas.refusals import SCAN, refusing
from phosphene.atlas.rows import rows_of
from phosphene.atlas.schema import ARRAYS, CLASSES, EXAMPLES, LATER, SHARDS, UNITS, VISIBLE
from phosphene.atlas.stored import stored_state
from phosphene.atlas.transaction import Sole
from phosphene.errors import UsageError


class AtlasWriter(Holder):
    """Writes an atlas; a context manager, made by `create` or `resume`. One at a time on a file.

    When something goes wrong, what was not committed is undone, and the file is let go of.
    """

    def __init__(self, sole: Sole, contents: Contents) -> None:
        super().__init__(sole, contents)
        self._last_image: int = sole.connection.execute("SELECT coalesce(max(image), -1) FROM images").fetchone()[0]

    @classmethod
    def create(cls, path: str | Path, manifest: records.Manifest) -> Self:
        """Begin a new atlas.

        Raises:
            PhospheneError: there is such a file already, its folder is missing, or the disk refuses.
        """
        create(Path(path), manifest)
        return cls.resume(path, manifest)

    @classmethod
    def resume(cls, path: str | Path, manifest: records.Manifest) -> Self:
        """Go on with an atlas after its last whole shard.

        Raises:
            PhospheneError: there is no such file, it is damaged, another scan is writing it, or it is of a
                scan that differs from ``manifest`` in more than time and software.
        """
        path = Path(path)
        if not path.exists():
            raise UsageError(f"there is no atlas {str(path)!r} to go on with; leave --resume out to begin it")
        writer = cls._hold(path, SCAN)
        try:
            _compare(path, writer.manifest, manifest)
        except BaseException:
            writer.close()
            raise
        return writer

    # -- where the scan is ---------------------------------------------------------------------------------------

    @property
    def progress(self) -> records.Progress:
        """How far the scan is."""
        return self._contents.progress

    @property
    def done(self) -> int:
        """Images that were committed, broken ones counted: where to go on."""
        return self.progress.done

    @property
    def complete(self) -> bool:
        """Whether the atlas was finished."""
        return self.progress.complete

    @property
    def fingerprint(self) -> str:
        """That of the last shard, ``""`` before the first."""
        return self._contents.fingerprint

    @property
    def state(self) -> dict[str, dict[str, records.Array]]:
        """The state of the last shard, {layer: {name: array}}, read anew each time; {} before the first.

        Raises:
            PhospheneError: an array is not what was written.
        """
        with refusing(self._sole.path):
            return stored_state(self._sole.connection, self.manifest)

    def images(self) -> Iterator[records.ImageRow]:
        """Yield the images that were scanned, in order."""
        with refusing(self._sole.path):
            found = self._sole.connection.execute("SELECT image, name, label, width, height FROM images ORDER BY image")
            for row in found:
                yield records.ImageRow(*row)

    # -- what is added -------------------------------------------------------------------------------------------

    def commit(self, shard: records.Shard, thumbnails: Iterable[records.Thumbnail] = ()) -> None:
        """Add a shard, and thumbnails of its images if they are made along, in one transaction.

        Shards are numbered from 0.

        Raises:
            ValueError: the shard does not follow the last one, or an array is not of the format.
            PhospheneError: the disk or another program refuses.
        """
        self._check(shard)
        with self._sole.writing() as connection:
            insert_shard(connection, shard, self.progress.failed)
            insert_thumbnails(connection, thumbnails)
            replace_state(connection, self.manifest, shard.state)
            reseal(connection, SHARDS, ARRAYS)
        self._last_image = max([self._last_image, *(image.index for image in shard.images[-1:])])
        self._contents = replace(self._contents, progress=_after(self.progress, shard), fingerprint=shard.fingerprint)

    def _check(self, shard: records.Shard) -> None:
        self._check_open()
        if (shard.number, shard.first) != (self.progress.shards, self.done):
            raise ValueError(f"shard {self.progress.shards} from image {self.done} comes next")
        if shard.end - shard.first != len(shard.images) + len(shard.failures):
            raise ValueError("the images and failures of a shard are not all of its images")
        numbers = [self._last_image, *(image.index for image in shard.images)]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise ValueError("the images of a shard are not in order")

    def _check_open(self) -> None:
        if self.complete:
            raise ValueError("the atlas is complete and takes nothing more")

    def add_thumbnails(self, thumbnails: Iterable[records.Thumbnail]) -> None:
        """Add thumbnails, before `finish`; one of the same image is replaced.

        Raises:
            PhospheneError: the disk or another program refuses.
        """
        self._check_open()
        with self._sole.writing() as connection:
            insert_thumbnails(connection, thumbnails)

    def finish(
        self,
        units: Iterable[records.UnitRow],
        examples: Iterable[records.Example],
        correlations: Iterable[records.CorrelationRow],
        classes: Iterable[records.ClassRow],
        visible: Iterable[records.VisibleRow] = (),
    ) -> None:
        """Add what is derived from the state, and close the books: last call, after all thumbnails.

        All of them may be generators. Thumbnails of images that are no example are dropped.

        Raises:
            PhospheneError: the disk or another program refuses.
        """
        self._check_open()
        with self._sole.writing() as connection:
            insert(connection, UNITS, rows_of(UNITS, units))
            insert(connection, EXAMPLES, example_rows(examples))
            insert(connection, CLASSES, rows_of(CLASSES, classes))
            insert(connection, VISIBLE, rows_of(VISIBLE, visible))
            insert_pairs(connection, correlations)
            connection.execute("DELETE FROM thumbnails WHERE image NOT IN (SELECT image FROM examples)")
            reseal(connection, *AT_THE_END, *LATER)
        self._contents = replace(self._contents, progress=replace(self.progress, complete=True))
        self._sole.compact()


def _after(progress: records.Progress, shard: records.Shard) -> records.Progress:
    return replace(
        progress,
        done=shard.end,
        scanned=progress.scanned + len(shard.images),
        failed=progress.failed + len(shard.failures),
        shards=progress.shards + 1,
        seconds=progress.seconds + shard.seconds,
    )


def _compare(path: Path, found: records.Manifest, wanted: records.Manifest) -> None:
    if different := differences(found, wanted):
        raise UsageError(
            f"{str(path)!r} is of a scan with other {' and '.join(different)}; give the same as then, "
            "or leave --resume out and choose another file"
        )
