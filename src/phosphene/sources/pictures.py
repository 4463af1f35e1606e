"""Pictures in a fixed order: held, or made only when they are asked for, as a million of them must be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from phosphene.sources.picture import Picture


class Pictures(ABC):
    """Pictures in a fixed order. Kinds of sources derive from it where they can make each from a few bytes."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def at(self, index: int) -> Picture:
        """Return one picture; ``index`` is from 0 up to the length."""

    def __iter__(self) -> Iterator[Picture]:
        return map(self.at, range(len(self)))


class Held(Pictures):
    """Pictures that are all there."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = tuple(pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def at(self, index: int) -> Picture:
        """Return one picture."""
        return self._pictures[index]


class Chosen(Pictures):
    """Some pictures of others, by their places there."""

    def __init__(self, pictures: Pictures, places: Sequence[int] | NDArray[np.int64]) -> None:
        self._pictures, self._places = pictures, places

    def __len__(self) -> int:
        return len(self._places)

    def at(self, index: int) -> Picture:
        """Return one picture."""
        return self._pictures.at(int(self._places[index]))
