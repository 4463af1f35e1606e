"""Pictures in a `.zip`: read from it one by one, never extracted to disk."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from phosphene.errors import PhospheneError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.layout import choose, class_names, place
from phosphene.sources.limits import check_bytes
from phosphene.sources.picture import ImageSet, Picture


_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
"""What `zipfile` raises for damaged, encrypted and unknown kinds of content."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an open archive. `ZipFile` locks its file handle, so members may be read from threads."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    def read(self) -> bytes:
        """Return the file's content, after its declared size was found bearable."""
        check_bytes(self.info.file_size)
        try:
            return self.archive.read(self.info)
        except _UNREADABLE as error:
            raise BrokenPicture(f"the archive does not give it out ({error})") from error


def from_zip(path: Path, split: str | None) -> ImageSet:
    """Return the pictures of a `.zip` whose folders are classes."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise PhospheneError(f"{path} is not a readable .zip archive ({error})") from error
    infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    placed = choose(place(infos), split, str(path))
    pictures = [Picture(item.id, item.label, Member(archive, infos[item.name])) for item in placed]
    return ImageSet(path.name, pictures, class_names(placed))
