"""The lines of a large text file by number, without holding it."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from phosphene.errors import PhospheneError
from phosphene.files import reason

LONGEST = 65_536
"""Bytes of a line; a file with longer ones is no list of paths."""
_STRIDE = 256  # lines from one remembered place to the next
_MARK = b"\xef\xbb\xbf"


class Lines:
    """The lines of a text file that hold anything, without the white space at their ends.

    One pass notes where every 256th begins; then they are read in runs of so many.

    Raises:
        PhospheneError: it cannot be read, is no text in UTF-8's manner, or changes while it is in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begins = array("q")
        self._count = 0
        self._state: tuple[int, int] | None = None
        self._run: tuple[int, list[str]] = -1, []
        with self._open() as stream:
            for place, _ in self._lines(stream, 0):
                if self._count % _STRIDE == 0:
                    self._begins.append(place)
                self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        with self._open() as stream:
            for _, line in self._lines(stream, 0):
                yield _text(line)

    def __getitem__(self, index: int) -> str:
        number, place = divmod(index, _STRIDE)
        run = self._run
        if run[0] != number:
            run = self._run = number, self._read(number)
        return run[1][place]

    def _read(self, number: int) -> list[str]:
        count = min(_STRIDE, self._count - number * _STRIDE)
        with self._open() as stream:
            found = self._lines(stream, self._begins[number])
            return [_text(line) for (_, line), _ in zip(found, range(count), strict=False)]

    def _open(self) -> IO[bytes]:
        try:
            stream = self._path.open("rb")
            status = os.fstat(stream.fileno())
        except OSError as error:
            raise PhospheneError(f"{self._path} cannot be read: {reason(error)}") from error
        state = status.st_size, status.st_mtime_ns
        if self._state not in (None, state):
            stream.close()
            raise PhospheneError(f"{self._path} was changed while it was in use; begin anew with what it is now")
        self._state = state
        return stream

    def _lines(self, stream: IO[bytes], place: int) -> Iterator[tuple[int, bytes]]:
        """Yield what each line holds that holds anything, and where it begins."""
        stream.seek(place)
        while line := stream.readline(LONGEST):
            if len(line) == LONGEST or b"\0" in line:
                raise PhospheneError(
                    f"{self._path} is no list of paths in UTF-8; give a text file, one path on each line"
                )
            text = line.removeprefix(_MARK).strip() if place == 0 else line.strip()
            if text:
                yield place, text
            place += len(line)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
