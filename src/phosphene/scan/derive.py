"""From a scan's running figures to the rows of an atlas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from phosphene.arrays import Floats, Integers
from phosphene.atlas.records import ClassRow, CorrelationRow, Example, UnitRow, VisibleRow
from phosphene.network import Layer
from phosphene.scan.pairs import CoMoments
from phosphene.scan.sample import Members
from phosphene.scan.summary import Summary
from phosphene.scan.top import NONE

QUANTILES = (10, 50, 90)
"""Per cent of the sample's peaks at which a typical image is shown."""
PARTNERS = 8
"""Most correlated and most anti-correlated units that are kept of each unit."""
BLOCK = 1024
"""Units that are looked at together: all of a wide layer would take several times what is kept of it."""
ALIKE = 0.95
"""Pairs of units whose correlation is larger, either way, are all kept."""

FEW_CLASSES = 32
"""Up to so many classes, each unit's figures for all of them are kept."""
PREFERRED = 10
"""Of more classes only the ones that a unit prefers most."""
LEAST = 5
"""Pictures of a class that the sample must have, for the area under its ROC curve to say anything."""

Box = tuple[float, float, float, float]
BoxOf = Callable[[Layer, int, int, int], Box]
"""From a layer, an image's number and a position (y, x) to the box (x0, y0, x1, y1) in the source picture."""


@dataclass(frozen=True)
class Derived:
    """The rows of one layer.

    Args:
        layer: the layer.
        summary: what was kept of it.
        members: the images of the sample.
        labels: (S,) the classes' numbers of those, in the order of ``members.image``.
        classes: the classes' names.
        features: names of what is plainly visible.
    """

    layer: Layer
    summary: Summary
    members: Members
    labels: Integers
    classes: Sequence[str]
    features: Sequence[str]

    def units(self) -> Iterator[UnitRow]:
        """Statistics of every unit, with the class that its peaks tell best and what visible features explain."""
        m = self.summary.moments
        areas, (explained, _) = self.areas, regression(self.summary.pairs, self.summary.features)
        for u in range(self.layer.units):
            best = None if np.isnan(areas[:, u]).all() else int(np.nanargmax(areas[:, u]))
            yield UnitRow(
                self.layer.name,
                u,
                int(m.count[u]),
                int(m.nonfinite[u]),
                float(m.mean[u]),
                float(m.variance[u]),
                float(m.minimum[u]),
                float(m.maximum[u]),
                float(m.positive[u] / max(m.count[u], 1)),
                bool(m.dead[u]),
                None if best is None else self.classes[best],
                None if best is None else float(areas[best, u]),
                None if np.isnan(explained[u]) else float(explained[u]),
            )

    @cached_property
    def areas(self) -> Floats:
        """Area under the ROC curve of every class, (classes, C), from the sample; NaN where there is no telling."""
        parts = (self._peaks[:, units] for units in _blocks(np.arange(self.layer.units)))
        return np.concatenate([roc_areas(part, self.labels, len(self.classes)) for part in parts], 1)

    @property
    def _peaks(self) -> Floats:
        return self.summary.peaks.value[: len(self.members.image)]

    def class_rows(self) -> Iterator[ClassRow]:
        """Mean peak and ROC area of every unit for the classes it prefers: all of them, where they are few.

        Those with the largest area come first, and among classes without one those with the largest mean peak.
        """
        seen = np.flatnonzero(self.summary.class_count)
        means = self.summary.class_sum[seen] / self.summary.class_count[seen, None]
        areas = self.areas[seen]
        order = np.lexsort((-means, -np.nan_to_num(areas, nan=-1.0)), axis=0)
        for u in range(self.layer.units):
            for c in order[: len(seen) if len(seen) <= FEW_CLASSES else PREFERRED, u]:
                yield ClassRow(self.layer.name, u, self.classes[int(seen[c])], float(means[c, u]), float(areas[c, u]))

    def correlations(self) -> Iterator[CorrelationRow]:
        """Each unit's strongest partners, and all pairs that are nearly alike or opposite; each pair once.

        Of a layer that is too wide for all pairs, those that the first units have part in.
        """
        found = [_remarkable(units, others, r) for units, others, r in self._correlated()]
        pairs, r = (np.concatenate(parts) for parts in zip(*found, strict=True))
        pairs, once = np.unique(np.sort(pairs, 1), axis=0, return_index=True)
        for (a, b), value in zip(pairs.tolist(), r[once].tolist(), strict=True):
            yield CorrelationRow(self.layer.name, a, b, value)

    def _correlated(self) -> Iterator[tuple[Integers, Integers, Floats]]:
        """Yield units (n,), others (m,) and their correlations (n, m), until each unit came once."""
        f, pairs = self.summary.features, self.summary.pairs
        paired, every = len(pairs.products) - f, np.arange(self.layer.units)
        for units in _blocks(every[:paired]):
            yield units, every, pairs.correlation(f + units, f + every)
        for units in _blocks(every[paired:]):
            yield units, every[:paired], pairs.correlation(f + every[:paired], f + units).T

    def visible(self) -> Iterator[VisibleRow]:
        """How each visible feature goes with each unit, and its share of what all of them explain."""
        f = self.summary.features
        r = self.summary.pairs.correlation(np.arange(f), f + np.arange(self.layer.units))
        _, shares = regression(self.summary.pairs, f)
        for k, name in enumerate(self.features):
            for u in np.flatnonzero(~np.isnan(shares[k])):
                yield VisibleRow(self.layer.name, int(u), name, float(r[k, u]), float(shares[k, u]))

    def examples(self, box: BoxOf) -> Iterator[Example]:
        """The strongest images of every unit, and the typical ones of the sample."""
        top = self.summary.top
        for u, rank in zip(*np.nonzero(top.image != NONE), strict=True):
            found = top.image[u, rank], top.value[u, rank], top.place[u, rank]
            yield self._example(int(u), "top", int(rank), found, box)
        peaks, places = self._peaks, self.summary.peaks.place
        for u in range(self.layer.units):
            for percent, row in typical(peaks[:, u], self.members.image):
                found = self.members.image[row], peaks[row, u], places[row, u]
                yield self._example(u, "quantile", percent, found, box)

    @property
    def shown(self) -> set[int]:
        """The numbers of all images that are examples."""
        typical_rows = {
            row for u in range(self.layer.units) for _, row in typical(self._peaks[:, u], self.members.image)
        }
        strongest = self.summary.top.image
        return set(strongest[strongest != NONE].tolist()) | set(self.members.image[sorted(typical_rows)].tolist())

    def _example(self, unit: int, kind: str, rank: int, found: tuple[int, float, int], box: BoxOf) -> Example:
        image, value, place = int(found[0]), float(found[1]), int(found[2])
        y, x = divmod(place, self.layer.size[1])
        return Example(self.layer.name, unit, kind, rank, image, value, y, x, box(self.layer, image, y, x))


def _blocks(units: Integers) -> list[Integers]:
    return [units[first : first + BLOCK] for first in range(0, len(units), BLOCK)]


def _remarkable(units: Integers, others: Integers, r: Floats) -> tuple[Integers, Floats]:
    """Return the pairs (n, 2) that are kept of correlations (units, others), and theirs."""
    r = np.where(units[:, None] == others, np.nan, r)
    keep = np.abs(r) > ALIKE
    order = np.argsort(np.nan_to_num(r), axis=1, kind="stable")
    for chosen in (order[:, :PARTNERS], order[:, max(0, order.shape[1] - PARTNERS) :]):
        np.put_along_axis(keep, chosen, True, 1)
    row, column = np.nonzero(keep & ~np.isnan(r))
    return np.stack([units[row], others[column]], 1), r[row, column]


def typical(peaks: Floats, images: Integers) -> list[tuple[int, int]]:
    """Return (per cent, row) of the images whose peak stands at each of `QUANTILES` among the finite ones."""
    rows = np.flatnonzero(np.isfinite(peaks))
    if not len(rows):
        return []
    rows = rows[np.lexsort((images[rows], peaks[rows]))]
    return [(percent, int(rows[round(percent / 100 * (len(rows) - 1))])) for percent in QUANTILES]


def roc_areas(peaks: Floats, labels: Integers, classes: int) -> Floats:
    """Return the area under the ROC curve of each class against the rest, (classes, C), for peaks (S, C).

    By the sum of ranks, ties counted half (Mann & Whitney 1947). NaN where a class, or the rest, has fewer than
    `LEAST` images, and for units with NaN or infinity among the peaks.
    """
    areas = np.full((classes, peaks.shape[1]), np.nan)
    known = labels >= 0
    if not known.any():
        return areas
    from scipy.stats import rankdata  # type: ignore[import-untyped]  # half a second, which only a scan has to spend

    ranks = rankdata(peaks[known], axis=0)
    for c in np.unique(labels[known]):
        own = labels[known] == c
        inside, outside = int(own.sum()), int((~own).sum())
        if min(inside, outside) >= LEAST:
            areas[c] = (ranks[own].sum(0) - inside * (inside + 1) / 2) / (inside * outside)
    areas[:, ~np.isfinite(peaks).all(0)] = np.nan
    return areas


def regression(pairs: CoMoments, features: int) -> tuple[Floats, Floats]:
    """Return R^2 (C,) of each unit's linear regression on the visible features, and each feature's share (F, C).

    A share is the standardised slope times the correlation; the shares of a unit sum to its R^2 (Pratt, "Dividing the
    indivisible", 1987). NaN for units that never change, and where there are fewer rows than a regression needs.
    """
    r = pairs.correlation(np.arange(features))
    own, crossed = r[:, :features], r[:, features:]
    usable = ~np.isnan(np.diag(own))
    units = crossed.shape[1]
    shares = np.full((features, units), np.nan)
    changing = pairs.squares[features:] > 0
    if int(pairs.count) > features + 1 and usable.any():
        slopes = np.linalg.lstsq(own[np.ix_(usable, usable)], crossed[np.ix_(usable, changing)], rcond=1e-10)[0]
        shares[np.ix_(usable, changing)] = slopes * crossed[np.ix_(usable, changing)]
        shares[np.ix_(~usable, changing)] = 0
    explained = (
        np.where(np.isnan(shares).any(0), np.nan, np.clip(shares.sum(0), 0, 1)) if features else shares.sum(0) * np.nan
    )
    return explained, shares
