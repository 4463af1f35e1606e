"""Count, mean, variance and range of every unit, over all positions of all images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phosphene.arrays import Floats, Integers
from phosphene.scan.kernel import Reduced
from phosphene.scan.state import State


@dataclass
class Moments:
    """Running figures (C,) of a layer's units. ``m2`` is the sum of squared deviations from the mean."""

    count: Integers
    nonfinite: Integers
    mean: Floats
    m2: Floats
    minimum: Floats
    maximum: Floats
    positive: Integers

    @classmethod
    def empty(cls, units: int) -> Moments:
        """Return the figures of nothing."""
        return cls(
            np.zeros(units, np.int64),
            np.zeros(units, np.int64),
            np.zeros(units),
            np.zeros(units),
            np.full(units, np.inf, np.float32),
            np.full(units, -np.inf, np.float32),
            np.zeros(units, np.int64),
        )

    def add(self, batch: Reduced, positions: int) -> None:
        """Take in the images of a batch."""
        means = batch.total / np.maximum(batch.finite, 1)
        count = batch.finite.sum(0)
        mean = batch.total.sum(0) / np.maximum(count, 1)
        inside = np.maximum(batch.squares - batch.total * means, 0)
        self._join(count, mean, (inside + batch.finite * (means - mean) ** 2).sum(0))
        self.nonfinite += (positions - batch.finite).sum(0)
        self.positive += batch.positive.sum(0, dtype=np.int64)
        np.minimum(self.minimum, batch.smallest.min(0), out=self.minimum)
        np.maximum(self.maximum, batch.largest.max(0), out=self.maximum)

    def merge(self, other: Moments) -> None:
        """Take in what another scan has seen."""
        self._join(other.count, other.mean, other.m2)
        self.nonfinite += other.nonfinite
        self.positive += other.positive
        np.minimum(self.minimum, other.minimum, out=self.minimum)
        np.maximum(self.maximum, other.maximum, out=self.maximum)

    def _join(self, count: Integers, mean: Floats, m2: Floats) -> None:
        """Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979)."""
        total = np.maximum(self.count + count, 1)
        difference = mean - self.mean
        self.m2 += m2 + difference**2 * self.count * (count / total)
        self.mean += difference * (count / total)
        self.count += count

    def state(self) -> State:
        """Return the arrays that stand for these figures."""
        return dict(vars(self))

    @property
    def variance(self) -> Floats:
        """Mean squared deviation from the mean, (C,); NaN where nothing finite was seen."""
        return np.where(self.count > 0, self.m2 / np.maximum(self.count, 1), np.nan)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Units with the same finite output at every position of every image: after a ReLU, never above 0."""
        same: NDArray[np.bool_] = (self.minimum == self.maximum) & (self.nonfinite == 0)
        return same

    @classmethod
    def of(cls, state: State) -> Moments:
        """Return the figures that `state` gave."""
        return cls(**{name: state[name].copy() for name in cls.__dataclass_fields__})
