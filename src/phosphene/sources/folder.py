"""Pictures in a folder, and single files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phosphene.sources.decode import BrokenPicture
from phosphene.sources.layout import choose, class_names, place
from phosphene.sources.limits import check_bytes
from phosphene.sources.picture import ImageSet, Picture


@dataclass(frozen=True, slots=True)
class File:
    """One file on disk."""

    path: str

    def read(self) -> bytes:
        """Return the file's content, after its size was found bearable."""
        try:
            found = Path(self.path).stat()
            if not stat.S_ISREG(found.st_mode):  # a pipe or device would block for ever
                raise BrokenPicture("it is not an ordinary file")
            check_bytes(found.st_size)
            return Path(self.path).read_bytes()
        except OSError as error:
            raise BrokenPicture(f"the file cannot be opened ({error.strerror or error})") from error


def from_folder(folder: Path, split: str | None) -> ImageSet:
    """Return the pictures of a folder whose sub-folders are classes."""
    placed = choose(place(_walk(folder)), split, str(folder))
    pictures = [Picture(item.id, item.label, File(str(folder / item.name))) for item in placed]
    return ImageSet(folder.resolve().name, pictures, class_names(placed))


def from_file(path: Path) -> ImageSet:
    """Return the one picture of a file."""
    return ImageSet(path.name, [Picture(path.name, None, File(str(path)))])


def _walk(folder: Path) -> Iterator[str]:
    """Yield the `/`-separated names of all files below the folder, relative to it.

    Links to folders are followed after everything else, and no folder is entered twice, so loops end.
    """
    waiting, links, entered = [""], list[str](), set[tuple[int, int]]()
    while waiting or links:
        name = waiting.pop() if waiting else links.pop(0)
        try:
            found = (folder / name).stat()
            entries = sorted(os.scandir(folder / name), key=lambda entry: entry.name)
        except OSError:  # a dangling link, or a folder that may not be listed
            continue
        if (found.st_dev, found.st_ino) in entered:
            continue
        entered.add((found.st_dev, found.st_ino))
        for entry in entries:
            below = f"{name}/{entry.name}" if name else entry.name
            if not entry.is_dir():
                yield below
            elif entry.is_symlink():
                links.append(below)
            else:
                waiting.append(below)
