"""A text file that lists pictures: one path on each line, then perhaps a class."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.folder import File, is_there
from phosphene.sources.layout import class_names, is_picture, numbered, path_parts, printable, repeats
from phosphene.sources.lines import Lines
from phosphene.sources.picture import ImageSet, Picture
from phosphene.sources.pictures import Pictures

SUFFIXES = (".txt", ".tsv", ".csv")
MOST_CLASSES = 65_536
_HEADINGS = ("path", "file", "file_name", "filename", "image", "image_path")


class Listed(Pictures):
    """The pictures of a list: the file itself says which, whenever one is asked for."""

    def __init__(self, path: Path) -> None:
        self._folder, self._commas, self._lines = path.parent, path.suffix.lower() == ".csv", Lines(path)
        self._path = path
        self._headed = len(self._lines) > 0 and self._split(self._lines[0])[0].lower() in _HEADINGS
        self.labels: set[str] = set()
        self._again = repeats(self._ids)

    def __len__(self) -> int:
        return len(self._lines) - self._headed

    def at(self, index: int) -> Picture:
        """Return one picture."""
        return self._picture(index, self._lines[index + self._headed])

    def __iter__(self) -> Iterator[Picture]:
        return (self._picture(index, line) for index, line in enumerate(self._entries()))

    def check(self) -> None:
        """Notice a text that is something else: its first line is neither called as a picture nor there."""
        for line in islice(self._entries(), 1):
            name, _ = self._split(line)
            if not is_picture(_id(name)) and not is_there(self._folder / name):
                raise PhospheneError(
                    f"{self._path} lists no pictures: there is no {name[:80]!r} beside it; give one path on each line, "
                    "then perhaps a tab and a class"
                )

    def _entries(self) -> Iterator[str]:
        lines = iter(self._lines)
        if self._headed:
            next(lines)
        return lines

    def _picture(self, index: int, line: str) -> Picture:
        name, label = self._split(line)
        source = File(os.path.join(self._folder, name))  # noqa: PTH118 - a Path costs ten times as much
        return Picture(numbered(_id(name), self._again.get(index)), label, source)

    def _ids(self) -> Iterator[str]:
        """Yield the ids of all, and note their classes."""
        for line in self._entries():
            name, label = self._split(line)
            if label is not None and label not in self.labels:
                self._note(label)
            yield _id(name)

    def _note(self, label: str) -> None:
        if len(self.labels) >= MOST_CLASSES:
            raise UsageError(
                f"{self._path} has more than {MOST_CLASSES:,} different classes; leave out what stands behind the paths"
            )
        self.labels.add(label)

    def _split(self, line: str) -> tuple[str, str | None]:
        """Return the path and the class of one line."""
        cells = next(csv.reader([line])) if self._commas else line.split("\t")
        name, label = cells[0].strip(), printable(cells[1].strip()) if len(cells) > 1 else ""
        if len(cells) > 2 or not name:
            between = "a comma" if self._commas else "a tab"
            raise UsageError(
                f"{self._path} has the line {line[:80]!r}; a line of a list is a path, or a path, {between} and a class"
            )
        return name, label or None


def from_list(path: Path, split: str | None) -> ImageSet:
    """Return the pictures that a text file lists, in its order; paths are relative to the file's folder.

    Behind a path may stand a class: after a tab, or in a `.csv` after a comma.
    """
    if split is not None:
        raise UsageError(f"{path} is a list and has no split {split!r}; leave the split out")
    pictures = Listed(path)
    pictures.check()
    return ImageSet(path.name, pictures, class_names(pictures.labels))


def _id(name: str) -> str:
    if name.isprintable() and not name.startswith("/") and "./" not in name and "//" not in name:
        return name
    return "/".join(path_parts(name)) or printable(name)
