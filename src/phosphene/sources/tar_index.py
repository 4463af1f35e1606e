"""Where the pictures of a `.tar` are and which classes stand beside them, from one pass over its headers."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO

from phosphene.errors import PhospheneError
from phosphene.files import reason
from phosphene.sources import beside
from phosphene.sources.layout import folder_of, is_picture
from phosphene.sources.packed import Packed
from phosphene.sources.tar_headers import FILE, LINK, SPARSE, SPECIAL, UNKNOWN, Header, TarDamaged, headers

_WHY = {
    LINK: "it is a link, which is not followed",
    SPECIAL: "it is a device or a pipe, not an ordinary file",
    SPARSE: "it is a sparse file, which is not read",
    UNKNOWN: "it is not an ordinary file",
}
_OUTSIDE = "its name leads out of the archive"
REST = "(the rest)"
"""The name of what cannot be told of a damaged archive."""

_COMPRESSED = {b"\x1f\x8b": "gunzip", b"BZh": "bunzip2", b"\xfd7zXZ": "unxz", b"\x28\xb5\x2f\xfd": "unzstd"}


class Classes:
    """The names of classes, each with a number."""

    MOST = 65_536
    FEW = 1000
    """So many different texts may stand beside pictures without a doubt that they are classes."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self._too_many = False

    def number(self, name: str | None) -> int:
        """Return a class's number, -1 for none."""
        if name is None or (name not in self.names and len(self.names) >= self.MOST):
            self._too_many |= name is not None
            return -1
        return self.names.setdefault(name, len(self.names))

    def are_classes(self, pictures: int) -> bool:
        """Whether what stood beside so many pictures was classes: captions differ from picture to picture."""
        captions = self._too_many or (len(self.names) > self.FEW and 2 * len(self.names) > pictures)
        return bool(self.names) and not captions


class Index:
    """The pictures of an archive, in its order, in a few dozen bytes each.

    Raises:
        PhospheneError: it cannot be opened, or is no `.tar`.
    """

    def __init__(self, path: Path, classes: Classes) -> None:
        self.path = path
        self.folders: set[str] = set()
        self._begins, self._sizes, self._classes = array("q"), array("q"), array("i")
        self._why: dict[int, str] = {}
        self._damage = ""
        try:
            with path.open("rb") as stream:
                self._names = Packed(self._read(stream, classes))
        except OSError as error:
            raise PhospheneError(f"{path} cannot be read: {reason(error)}") from error

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        """Return a picture's name in the archive."""
        return self._names[index]

    def place(self, index: int) -> tuple[int, int, str | None]:
        """Return where a picture's content begins, its size in bytes, and why it is not to be read."""
        return self._begins[index], self._sizes[index], self._why.get(index)

    def beside(self, index: int) -> int:
        """Return the number of the class that stands beside a picture, -1 for none."""
        return self._classes[index]

    def _read(self, stream: IO[bytes], classes: Classes) -> Iterator[str]:
        """Note all pictures, yielding their names."""
        for _, sample in groupby(self._headers(stream), lambda header: beside.key_of(header.name)[0]):
            yield from self._sample(stream, list(sample), classes)
        if self._damage and not len(self._begins):
            why = f"{self._damage}{_advice(stream)}"
            raise PhospheneError(f"{self.path} is not a readable .tar archive ({why})")
        if self._damage:
            self._note(Header(REST, FILE, 0, 0), -1, f"the archive is damaged from here on ({self._damage})")
            yield REST

    def _headers(self, stream: IO[bytes]) -> Iterator[Header]:
        """Yield the headers as far as they can be read."""
        try:
            yield from headers(stream)
        except TarDamaged as damaged:
            self._damage = str(damaged)

    def _sample(self, stream: IO[bytes], members: list[Header], classes: Classes) -> Iterator[str]:
        """Note the pictures of one sample: files that follow each other and are called alike up to the suffix."""
        pictures = [member for member in members if is_picture(member.name)]
        if pictures:
            number = classes.number(_class_beside(stream, members))
        for member in pictures:
            self._note(member, number, _OUTSIDE if _leads_out(member.name) else _WHY.get(member.kind))
            yield member.name

    def _note(self, member: Header, number: int, why: str | None) -> None:
        if why is not None:
            self._why[len(self._begins)] = why
        self.folders.add(folder_of(member.name))
        self._begins.append(member.begin)
        self._sizes.append(member.size)
        self._classes.append(number)


def _class_beside(stream: IO[bytes], members: list[Header]) -> str | None:
    files = {beside.key_of(each.name)[1]: each for each in members if each.kind == FILE}
    for suffix in beside.SUFFIXES:
        if suffix in files and files[suffix].size <= beside.LARGEST:
            stream.seek(files[suffix].begin)
            if found := beside.class_in(suffix, stream.read(files[suffix].size)):
                return found
    return None


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _advice(stream: IO[bytes]) -> str:
    stream.seek(0)
    head = stream.read(6)
    tool = next((tool for mark, tool in _COMPRESSED.items() if head.startswith(mark)), None)
    return f", but is compressed; unpack it once: {tool} FILE" if tool else ""
