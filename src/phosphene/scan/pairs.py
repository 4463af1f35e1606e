"""How numbers go together: means and co-moments of rows, from which correlations and regressions come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from phosphene.scan.kernel import Floats, Integers

TOGETHER = 1024
"""Rows that wait for each other: one product of large matrices is cheaper than many of small ones."""


@dataclass
class CoMoments:
    """Of the rows seen so far: their number, mean (D,), and sum of products of deviations (D, D), float64."""

    count: Integers
    mean: Floats
    products: Floats
    _waiting: list[Floats] = field(default_factory=list)

    @classmethod
    def empty(cls, width: int) -> CoMoments:
        """Return the figures of no rows."""
        return cls(np.zeros((), np.int64), np.zeros(width), np.zeros((width, width)))

    def add(self, rows: Floats) -> None:
        """Take in ``rows`` (n, D), some time later; a row with NaN or infinity in it is left out whole."""
        self._waiting.append(np.asarray(rows, np.float64))
        if sum(len(some) for some in self._waiting) >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Take in now what is waiting: before any of the figures is read."""
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        self._waiting.clear()
        rows = rows[np.isfinite(rows).all(1)]
        if len(rows):
            mean = rows.mean(0)
            away = torch.from_numpy(rows - mean)  # multiplied by torch, whose threads are there already
            self._join(len(rows), mean, (away.T @ away).numpy())

    def merge(self, other: CoMoments) -> None:
        """Take in what another part of the image set gave."""
        self.settle()
        other.settle()
        self._join(int(other.count), other.mean, other.products)

    def _join(self, count: int, mean: Floats, products: Floats) -> None:
        total = max(int(self.count) + count, 1)
        difference = mean - self.mean
        self.products += products
        self.products += np.outer(difference, difference * (int(self.count) * count / total))
        self.mean += difference * (count / total)
        self.count += count

    def correlation(self) -> Floats:
        """Return Pearson's correlation (D, D); NaN where a column never changed."""
        self.settle()
        deviation = np.sqrt(np.diag(self.products))
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = self.products / np.outer(deviation, deviation)
        return np.clip(found, -1, 1)
