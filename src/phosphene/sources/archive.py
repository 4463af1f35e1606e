"""Pictures in a `.zip`: read from it one by one, never extracted to disk."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from phosphene.errors import PhospheneError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.encoded import read_encoded
from phosphene.sources.layout import choose, class_names, place
from phosphene.sources.picture import ImageSet, Picture

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
"""What `zipfile` raises for damaged, encrypted and unknown kinds of content."""


class Archive:
    """A `.zip`, opened once in each process: forked ones would move each other's place in a shared file.

    Threads may share it, as `ZipFile` locks what they have in common.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, zipfile.ZipFile] | None = None

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        return Archive, (self.path,)

    def zip(self) -> zipfile.ZipFile:
        """Return the open file of this process."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), zipfile.ZipFile(self.path)
        return self._opened[1]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    archive: Archive
    info: zipfile.ZipInfo

    def mark(self) -> str:
        """Return the checksum that the archive keeps of the file."""
        return f"{self.info.CRC:08x}"

    def read(self) -> bytes:
        """Return the file's content."""
        try:
            with self.archive.zip().open(self.info) as stream:
                return read_encoded(stream, self.info.file_size)
        except _UNREADABLE as error:
            raise BrokenPicture(f"the archive does not give it out ({error})") from error


def from_zip(path: Path, split: str | None) -> ImageSet:
    """Return the pictures of a `.zip` whose folders are classes."""
    archive = Archive(path)
    try:
        listed = archive.zip().infolist()
    except _UNREADABLE as error:
        raise PhospheneError(f"{path} is not a readable .zip archive ({error})") from error
    infos = {info.filename.replace("\\", "/"): info for info in listed if not info.is_dir()}
    placed = choose(place(infos), split, str(path))
    pictures = [Picture(item.id, item.label, Member(archive, infos[item.name])) for item in placed]
    return ImageSet(path.name, pictures, class_names(item.label for item in placed))
