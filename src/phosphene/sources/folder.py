"""Pictures in a folder, and single files."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.encoded import read_encoded
from phosphene.sources.layout import (
    Layout,
    chosen_split,
    class_names,
    folder_of,
    is_picture,
    numbered,
    path_parts,
    repeats,
)
from phosphene.sources.packed import Packed
from phosphene.sources.picture import Failure, ImageSet, Picture
from phosphene.sources.pictures import Pictures


@dataclass(frozen=True, slots=True)
class File:
    """One file on disk."""

    path: str

    def mark(self) -> str:
        """Return the file's size, which tells most changes without reading it."""
        try:
            return str(Path(self.path).stat().st_size)
        except OSError:
            return "missing"

    def read(self) -> bytes:
        """Return the file's content."""
        path = Path(self.path)
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe or device could wait for ever
                raise BrokenPicture("it is not an ordinary file")
            with path.open("rb") as stream:
                return read_encoded(stream, path.stat().st_size)
        except OSError as error:
            raise BrokenPicture(f"the file cannot be opened ({error.strerror or error})") from error


class Files(Pictures):
    """The pictures of a folder: of each only its name is held."""

    def __init__(self, folder: Path, names: list[str], layout: Layout) -> None:
        self._folder, self._layout, self._names = str(folder), layout, Packed(names)
        plain = all(map(str.isprintable, names))  # other names are escaped, and may become equal by that
        self._again = {} if plain else repeats(lambda: (layout.place(name).id for name in names))

    def __len__(self) -> int:
        return len(self._names)

    def at(self, index: int) -> Picture:
        """Return one picture."""
        name = self._names[index]
        place = self._layout.place(name)
        return Picture(numbered(place.id, self._again.get(index)), place.label, File(f"{self._folder}/{name}"))


def from_folder(folder: Path, split: str | None) -> ImageSet:
    """Return the pictures of a folder whose sub-folders are classes."""
    found = _Walk(folder)
    names = found.files
    layout = Layout({folder_of(name) for name in names})
    wanted = None if split is None else chosen_split(split, layout.splits, str(folder))
    if wanted:
        names = [name for name in names if layout.folder(name).split == wanted]
    names.sort(key=layout.order)
    classes = class_names(layout.labels(wanted))
    return ImageSet(folder.resolve().name, Files(folder, names, layout), classes, found.failures)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; a name that no system would take is that of none."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, a folder that may not be searched, a null character
        return False


def from_file(path: Path, split: str | None) -> ImageSet:
    """Return the one picture of a file."""
    if split is not None:
        raise UsageError(f"{path} is one picture and has no split {split!r}; leave the split out")
    id = path_parts(path.name)[0]
    return ImageSet(id, [Picture(id, None, File(str(path)))])


@dataclass
class _Walk:
    """All pictures below a folder, by their suffix, as `/`-separated names relative to it.

    Links to folders are followed after everything else, and no folder is entered twice, so loops end.
    """

    folder: Path
    files: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        waiting, links, entered = [""], list[str](), set[tuple[int, int]]()
        while waiting or links:
            name = waiting.pop() if waiting else links.pop(0)
            try:
                status = (self.folder / name).stat()
                if (status.st_dev, status.st_ino) in entered:
                    continue
                entered.add((status.st_dev, status.st_ino))
                folders, linked = self._list(name)
            except OSError as error:
                self._note(name, error)
            else:
                waiting += folders
                links += linked

    def _list(self, name: str) -> tuple[list[str], list[str]]:
        """Note the files of one folder; return its sub-folders and its links to folders."""
        folders: list[str] = []
        linked: list[str] = []
        for entry in sorted(os.scandir(self.folder / name), key=lambda entry: entry.name):
            below = f"{name}/{entry.name}" if name else entry.name
            if not _leads_to_folder(entry):
                if is_picture(below):
                    self.files.append(below)
            else:
                (linked if entry.is_symlink() else folders).append(below)
        return folders, linked

    def _note(self, name: str, error: OSError) -> None:
        reason = f"the folder cannot be listed ({error.strerror or error})"
        if not name:
            raise PhospheneError(f"{self.folder} cannot be read: {reason}") from error
        self.failures.append(Failure("/".join(path_parts(name)), reason))


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
