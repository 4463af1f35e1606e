"""The images that drive each unit most: one position for an image, the largest; equal values by the image's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phosphene.arrays import Floats, Integers
from phosphene.scan import kernel
from phosphene.scan.state import State

NONE = -1


@dataclass
class Top:
    """Values (C, K), largest first, with their image's number and position; `NONE` where there are fewer."""

    value: Floats
    image: Integers
    place: Integers

    @classmethod
    def empty(cls, units: int, length: int) -> Top:
        """Return lists without entries."""
        shape = (units, length)
        return cls(np.full(shape, -np.inf, np.float32), np.full(shape, NONE, np.int64), np.full(shape, NONE, np.int32))

    def add(self, peaks: Floats, images: Integers, places: Integers) -> None:
        """Take in the peaks (N, C), finite or minus infinity, of ``images`` (N,), and their positions (N, C)."""
        if kernel.loops is None:
            self._join(peaks.T, np.broadcast_to(images, peaks.T.shape), places.T)
        else:
            kernel.loops.enter(self.value, self.image, self.place, peaks, images, places)

    def merge(self, other: Top) -> None:
        """Take in the lists of another part of the image set."""
        self._join(other.value, other.image, other.place)

    def _join(self, value: Floats, image: Integers, place: Integers) -> None:
        """Take in entries (C, any number) in any order."""
        value = np.concatenate([self.value, value], 1)
        image = np.concatenate([self.image, image], 1)
        place = np.concatenate([self.place, place], 1)
        kept = _strongest(value, image, self.value.shape[1])
        self.value = np.take_along_axis(value, kept, 1)
        self.image = np.take_along_axis(image, kept, 1)
        self.place = np.take_along_axis(place, kept, 1)
        none = np.isneginf(self.value)
        self.image[none] = self.place[none] = NONE

    def state(self) -> State:
        """Return the arrays that stand for these lists."""
        return dict(vars(self))

    @classmethod
    def of(cls, state: State) -> Top:
        """Return the lists that `state` gave."""
        return cls(**{name: state[name].copy() for name in cls.__dataclass_fields__})


def _strongest(value: Floats, image: Integers, length: int) -> Integers:
    """Return for each row the columns of the ``length`` largest values, equal ones by their image's number."""
    unnumbered = np.where(image == NONE, np.iinfo(np.int64).max, image)
    order: Integers = np.lexsort((unnumbered, -value), axis=1)[:, :length]
    return order
