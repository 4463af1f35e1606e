"""Sets of pictures behind each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from phosphene.sources.layout import numbered, repeats
from phosphene.sources.picture import Picture
from phosphene.sources.pictures import Pictures


class Joined(Pictures):
    """Sets behind each other, each with what is put before its ids; ids that occur again are numbered."""

    def __init__(self, parts: Sequence[tuple[str, Pictures]]) -> None:
        self._parts = tuple(parts)
        self._ends = np.cumsum([len(part) for _, part in parts])
        self._again: dict[int, int] = {}
        self._again = repeats(lambda: (picture.id for picture in self))

    def __len__(self) -> int:
        return int(self._ends[-1])

    def at(self, index: int) -> Picture:
        """Return one picture."""
        part = int(np.searchsorted(self._ends, index, side="right"))
        begin = int(self._ends[part - 1]) if part else 0
        prefix, pictures = self._parts[part]
        return self._named(prefix, pictures.at(index - begin), index)

    def __iter__(self) -> Iterator[Picture]:
        index = 0
        for prefix, pictures in self._parts:
            for picture in pictures:
                yield self._named(prefix, picture, index)
                index += 1

    def _named(self, prefix: str, picture: Picture, index: int) -> Picture:
        return Picture(numbered(prefix + picture.id, self._again.get(index)), picture.label, picture.source)
