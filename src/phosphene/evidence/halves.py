"""Would other pictures have told the same of a unit?

The sample is cut into two blind halves. In each, the unit's strongest pictures are described by what else of the layer
is active on them: the mean peaks of all other units, in their standard deviations. How these two descriptions agree is
how far a few strongest pictures can be relied upon; beside it stands how they agree with those of the layer's other
units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from phosphene.arrays import Floats
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence import bootstrap
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.phrases import counted
from phosphene.evidence.several import standardised

SPLITS = 20
STRONGEST = 16
"""Pictures of each half; of a small sample every twentieth."""
AGREE = 0.8
DIFFER = 0.5


@dataclass(frozen=True)
class Halves:
    """How the strongest pictures of two halves of the sample agree.

    Attributes:
        unit: its address.
        agreement: Pearson's correlation of the two descriptions, the median over splits; NaN where there is none.
        interval: over splits.
        others: the same with the descriptions of the layer's other units, the mean.
        pictures: strongest pictures of each half.
    """

    unit: str
    agreement: float
    interval: Interval | None
    others: float
    pictures: int

    @property
    def finding(self) -> Finding:
        """The answer in one sentence."""
        caution = ""
        if isnan(self.agreement):
            caution = "the unit is the same on all pictures of the sample, or the sample or the layer is too small"
        elif self.agreement < AGREE:
            caution = f"other pictures {'might' if self.agreement >= DIFFER else 'would'} have told something else"
        beside = "other units of the layer"
        return Finding("halves", self.agreement, _sentence(self), self.others, beside, self.interval, caution)


def halves(atlas: Atlas, units: Sequence[AtlasUnit], splits: int = SPLITS, seed: int = 0) -> tuple[Halves, ...]:
    """Compare the strongest pictures of two halves of the sample, for units of one layer."""
    peaks, spread = standardised(atlas, units[0].layer.name)
    living = np.flatnonzero(spread > 0)
    count = min(STRONGEST, len(peaks) // 20)
    if count < 4 or len(living) < 4:
        return tuple(Halves(str(unit), nan, None, nan, count) for unit in units)
    own, others = _agreements(peaks[:, living], count, splits, seed)
    place = {int(unit): column for column, unit in enumerate(living)}
    return tuple(_of_unit(unit, place.get(unit.index), own, others, count) for unit in units)


def _of_unit(unit: AtlasUnit, column: int | None, own: Floats, others: Floats, count: int) -> Halves:
    if column is None:
        return Halves(str(unit), nan, None, nan, count)
    found = own[:, column]
    return Halves(str(unit), float(np.median(found)), bootstrap.interval(found), float(others[:, column].mean()), count)


def _agreements(peaks: Floats, count: int, splits: int, seed: int) -> tuple[Floats, Floats]:
    """Return how each unit's descriptions agree with each other and with those of other units, each (splits, U)."""
    draw = np.random.default_rng(seed)
    own, others = [], []
    for _ in range(splits):
        order = draw.permutation(len(peaks))
        half = len(peaks) // 2
        a, b = (_described(peaks[np.sort(rows)], count) for rows in (order[:half], order[half:]))
        r = a @ b.T
        own.append(np.diagonal(r))
        others.append((r.sum(1) - np.diagonal(r)) / (len(r) - 1))
    return np.stack(own), np.stack(others)


def _described(peaks: Floats, count: int) -> Floats:
    """Return what else is active on each unit's strongest pictures, (U, U), each row with mean 0 and length 1.

    A unit's own place is left out: it holds the mean of the others.
    """
    strongest = np.zeros(peaks.shape)
    np.put_along_axis(strongest, np.argsort(-peaks, axis=0, kind="stable")[:count], 1 / count, 0)
    mean = strongest.T @ peaks
    units = len(mean)
    own = np.arange(units)
    mean[own, own] = (mean.sum(1) - mean[own, own]) / (units - 1)
    away = mean - mean.mean(1, keepdims=True)
    length = np.linalg.norm(away, axis=1, keepdims=True)
    found: Floats = away / np.where(length > 0, length, 1)
    return found


def _sentence(found: Halves) -> str:
    if isnan(found.agreement):
        return f"Whether other pictures would tell the same of {found.unit} cannot be told."
    how = "alike" if found.agreement >= AGREE else "somewhat alike" if found.agreement >= DIFFER else "hardly alike"
    many = counted(found.pictures, "strongest picture")
    return (
        f"In two halves of the sample, the {many} of {found.unit} are {how}: what else is active on them agrees "
        f"with r = {found.agreement:.2f}, with that of other units' strongest pictures {found.others:.2f}."
    )
