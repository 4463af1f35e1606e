"""Very many short texts in little room."""

from __future__ import annotations

from array import array
from collections.abc import Iterable


class Packed:
    """Texts, such as names of files, as one run of bytes: their letters and eight bytes for each."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._run = bytearray()
        self._ends = array("q")
        for text in texts:
            self._run += text.encode("utf-8", "surrogateescape")
            self._ends.append(len(self._run))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> str:
        begin = self._ends[index - 1] if index else 0
        return self._run[begin : self._ends[index]].decode("utf-8", "surrogateescape")
