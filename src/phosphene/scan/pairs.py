"""How numbers go together: means and co-moments of rows, from which correlations and regressions come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from phosphene.arrays import Floats, Integers

TOGETHER = 512
"""Rows that wait for each other: one product of large matrices is cheaper than many of small ones."""
WAITING = 2**20
"""Numbers that wait at most: wide rows are fewer."""


@dataclass
class CoMoments:
    """Of the rows seen so far: how their columns vary, alone and together, float64.

    Attributes:
        count: how many rows there were.
        mean: (D,).
        products: (R, D) sums of products of deviations, of the first R columns with all: D x D unless that is too much.
        rest: (D - R,) sums of squared deviations of the other columns.
    """

    count: Integers
    mean: Floats
    products: Floats
    rest: Floats = field(default_factory=lambda: np.zeros(0))
    _room: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    _waiting: int = 0

    @classmethod
    def empty(cls, width: int, leading: int | None = None) -> CoMoments:
        """Return the figures of no rows; with ``leading``, that many columns are followed with all others."""
        first = width if leading is None else leading
        return cls(np.zeros((), np.int64), np.zeros(width), np.zeros((first, width)), np.zeros(width - first))

    def add(self, rows: Floats) -> None:
        """Take in ``rows`` (n, D), some time later; a row with NaN or infinity in it is left out whole."""
        left = np.asarray(rows)
        if not self._room.size:  # made once: what comes and goes between batches would scatter over the memory
            self._room = np.empty((max(1, min(TOGETHER, WAITING // len(self.mean))), len(self.mean)))
        while len(left):
            some = left[: len(self._room) - self._waiting]
            self._room[self._waiting : self._waiting + len(some)] = some
            self._waiting += len(some)
            left = left[len(some) :]
            if self._waiting == len(self._room):
                self.settle()

    def settle(self) -> None:
        """Take in now what is waiting: before any of the figures is read."""
        rows, self._waiting = self._room[: self._waiting], 0
        if not (finite := np.isfinite(rows).all(1)).all():
            rows = rows[finite]
        if len(rows):
            mean = rows.mean(0)
            rows -= mean
            away, first = torch.from_numpy(rows), len(self.products)  # torch's threads are there already
            torch.from_numpy(self.products).addmm_(away[:, :first].T, away)
            self.rest += (rows[:, first:] ** 2).sum(0)
            self._shift(len(rows), mean)

    def merge(self, other: CoMoments) -> None:
        """Take in what another part of the image set gave."""
        self.settle()
        other.settle()
        self.products += other.products
        self.rest += other.rest
        self._shift(int(other.count), other.mean)

    def _shift(self, count: int, mean: Floats) -> None:
        """Count rows whose own products are in, but about their own mean (Chan, Golub & LeVeque 1979)."""
        total = max(int(self.count) + count, 1)
        difference, weight = mean - self.mean, int(self.count) * count / total
        first, step = len(self.products), torch.from_numpy(difference)
        torch.from_numpy(self.products).addr_(step[:first], step, alpha=weight)
        self.rest += difference[first:] ** 2 * weight
        self.mean += difference * (count / total)
        self.count += count

    @property
    def squares(self) -> Floats:
        """Sums of squared deviations of all columns, (D,)."""
        self.settle()
        return np.concatenate([self.products.diagonal(), self.rest])

    def correlation(self, rows: Integers | None = None, columns: Integers | None = None) -> Floats:
        """Return Pearson's correlation of some of the first R columns, or all, with some of all D, or all.

        NaN where one of the two is constant.
        """
        deviation = np.sqrt(self.squares)
        rows = np.arange(len(self.products)) if rows is None else rows
        columns = np.arange(len(self.mean)) if columns is None else columns
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = self.products[np.ix_(rows, columns)] / np.outer(deviation[rows], deviation[columns])
        return np.clip(found, -1, 1, out=found)
