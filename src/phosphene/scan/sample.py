"""The sample: every unit's peak on the images whose names have the smallest hashes.

Which images those are does not depend on their order, nor on how the scan was cut up. Quantiles, typical images,
classes' curves and correlations of peaks all come from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phosphene.arrays import Floats, Integers
from phosphene.scan.state import State


@dataclass
class Members:
    """Which images are in the sample, shared by all layers. A slot holds one image; one that leaves makes room."""

    size: int
    hash: NDArray[np.uint64]
    image: Integers

    @classmethod
    def empty(cls, size: int) -> Members:
        """Return a sample without images."""
        return cls(size, np.zeros(0, np.uint64), np.zeros(0, np.int64))

    def add(self, hashes: NDArray[np.uint64], images: Integers) -> Change:
        """Take in a batch: return which rows of it come in, and the slots that they take."""
        here = len(self.hash)
        every, number = np.concatenate([self.hash, hashes]), np.concatenate([self.image, images])
        kept = np.sort(np.lexsort((number, every))[: self.size])
        rows = kept[kept >= here] - here
        left = np.setdiff1d(np.arange(here), kept)
        slots = np.concatenate([left, np.arange(here, here + len(rows) - len(left))])
        room = here + len(rows) - len(left)
        self.hash, self.image = every[:room].copy(), number[:room].copy()
        self.hash[slots], self.image[slots] = hashes[rows], images[rows]
        return Change(slots, rows)

    @property
    def order(self) -> Integers:
        """The slots by rising hash: the order in which the sample is written."""
        return np.lexsort((self.image, self.hash))

    def state(self) -> State:
        """Return the arrays that stand for the sample."""
        return {"sample_hash": self.hash[self.order], "sample_image": self.image[self.order]}

    @classmethod
    def of(cls, state: State, size: int) -> Members:
        """Return the sample that `state` gave."""
        return cls(size, state["sample_hash"].copy(), state["sample_image"].copy())


@dataclass(frozen=True)
class Change:
    """What a batch does to the sample: its ``rows`` come in and take ``slots``."""

    slots: Integers
    rows: Integers


@dataclass
class Peaks:
    """One layer's part: the peak (S, C) of every unit on every image of the sample, and its position."""

    value: Floats
    place: Integers

    @classmethod
    def empty(cls, units: int, size: int) -> Peaks:
        """Return room for ``size`` images, of which none is taken."""
        return cls(np.zeros((size, units), np.float32), np.zeros((size, units), np.int32))

    def put(self, slots: Integers, value: Floats, place: Integers) -> None:
        """Keep the peaks (entering, C) of the images that take ``slots``."""
        self.value[slots], self.place[slots] = value, place

    def state(self, order: Integers) -> State:
        """Return the arrays that stand for the peaks, slots in ``order``."""
        return {"sample_peak": self.value[order], "sample_place": self.place[order]}

    @classmethod
    def of(cls, state: State, size: int) -> Peaks:
        """Return the peaks that `state` gave, slots in the order they were written."""
        value, place = state["sample_peak"], state["sample_place"]
        peaks = cls.empty(value.shape[1], size)
        peaks.put(np.arange(len(value)), value, place)
        return peaks
