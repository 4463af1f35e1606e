"""Pictures in `.tar` archives, as webdataset makes them: read from the middle of the file, never extracted to disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phosphene.errors import UsageError
from phosphene.sources.braces import expanded
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.encoded import read_encoded
from phosphene.sources.joined import Joined
from phosphene.sources.layout import Layout, chosen_split, class_names, path_parts, titles
from phosphene.sources.picture import ImageSet, Picture
from phosphene.sources.pictures import Chosen, Pictures
from phosphene.sources.tar_index import Classes, Index

SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""Names of archives; those that are compressed are refused with a word on what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an archive: ``size`` bytes from ``begin`` on, or ``why`` it is not read."""

    path: str
    begin: int
    size: int
    why: str | None

    def mark(self) -> str:
        """Return the size: an archive keeps no checksum of what is in it."""
        return str(self.size)

    def read(self) -> bytes:
        """Return the file's content."""
        if self.why is not None:
            raise BrokenPicture(self.why)
        try:
            with Path(self.path).open("rb") as stream:
                stream.seek(self.begin)
                return read_encoded(stream, self.size)
        except OSError as error:
            raise BrokenPicture(f"the archive cannot be opened ({error.strerror or error})") from error


class Members(Pictures):
    """The pictures of one archive; classes are those beside them, or else its folders."""

    def __init__(self, title: str, index: Index, layout: Layout, beside: Sequence[str]) -> None:
        self._title, self._index, self._layout, self._beside = title, index, layout, beside

    def __len__(self) -> int:
        return len(self._index)

    def at(self, index: int) -> Picture:
        """Return one picture."""
        name = self._index.name(index)
        id = "/".join([self._title, *path_parts(name)])
        return Picture(id, self._label(name, index), Part(str(self._index.path), *self._index.place(index)))

    def _label(self, name: str, index: int) -> str | None:
        if not self._beside:
            return self._layout.folder(name).label
        number = self._index.beside(index)
        return self._beside[number] if number >= 0 else None

    def of_split(self, split: str) -> Chosen:
        """Return the pictures below the folders of a split."""
        places = range(len(self))
        return Chosen(self, [place for place in places if self._layout.folder(self._index.name(place)).split == split])


def is_tar(spec: str) -> bool:
    """Whether this names an archive, or several as in ``shard-{000..009}.tar``."""
    return spec.lower().endswith(SUFFIXES)


def from_tars(specs: Sequence[str], split: str | None) -> ImageSet:
    """Return the pictures of archives, one after the other, in their order.

    Raises:
        UsageError: an archive that is not there, or a split that none has.
        PhospheneError: what is no `.tar`.
    """
    paths = [path for spec in specs for path in _paths(spec)]
    classes = Classes()
    indexes = [Index(path, classes) for path in paths]
    beside = list(classes.names) if classes.are_classes(sum(map(len, indexes))) else []
    layout = Layout(set().union(*(index.folders for index in indexes)))
    named = titles([path.as_posix() for path in paths])
    parts = [Members(title, index, layout, beside) for title, index in zip(named, indexes, strict=True)]
    where = " + ".join(titles(specs)) if len(specs) < 4 else f"{len(specs)} sources"
    wanted = None if split is None else chosen_split(split, layout.splits, where)
    labels = class_names(beside or layout.labels(wanted))
    return ImageSet(where, Joined([("", part.of_split(wanted) if wanted else part) for part in parts]), labels)


def _paths(spec: str) -> list[Path]:
    """Return the archives that a name stands for: itself if it is there, or what its braces say."""
    path = Path(spec).expanduser()
    paths = [path] if path.is_file() else [Path(name).expanduser() for name in expanded(spec)]
    missing = [path for path in paths if not path.is_file()]
    if missing and len(paths) > 1:
        raise UsageError(f"{spec!r} stands for {len(paths)} archives, but there is no {str(missing[0])!r}; check it")
    return paths
