"""The images that drive each unit most: one position for an image, the largest; equal values by the image's number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phosphene.scan.kernel import Floats, Integers
from phosphene.scan.state import State

NONE = -1

Search = Callable[[Integers, Integers], Integers]
"""From (rows of the batch, units) to the position of the largest value."""


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

    def add(self, peaks: Floats, images: Integers, search: Search) -> None:
        """Take in the peaks (N, C) of ``images`` (N,), in rising order; positions are sought for what enters only."""
        units = np.flatnonzero((peaks > self.value[:, -1]).any(0))
        if not len(units):
            return
        rows = np.broadcast_to(np.arange(len(images)), (len(units), len(images)))
        value = np.concatenate([self.value[units], peaks.T[units]], 1)
        image = np.concatenate([self.image[units], images[rows]], 1)
        place = np.concatenate([self.place[units], np.full(rows.shape, NONE, np.int32)], 1)
        kept = _strongest(value, image, self.value.shape[1])
        entered, rank = np.nonzero(kept >= self.value.shape[1])
        self.value[units], self.image[units], self.place[units] = (
            np.take_along_axis(array, kept, 1) for array in (value, image, place)
        )
        real = np.isfinite(self.value[units[entered], rank])
        entered, rank = entered[real], rank[real]
        row = kept[entered, rank] - self.value.shape[1]
        self.place[units[entered], rank] = search(row, units[entered])
        self.image[~np.isfinite(self.value)] = NONE

    def merge(self, other: Top) -> None:
        """Take in the lists of another part of the image set."""
        value = np.concatenate([self.value, other.value], 1)
        image = np.concatenate([self.image, other.image], 1)
        place = np.concatenate([self.place, other.place], 1)
        kept = _strongest(value, image, self.value.shape[1])
        self.value = np.take_along_axis(value, kept, 1)
        self.image = np.take_along_axis(image, kept, 1)
        self.place = np.take_along_axis(place, kept, 1)

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
