"""Is a unit redundant: do others of its layer do the same, or the opposite?

Pearson's correlation of the units' values at the positions that the scan sampled. The layer's effective dimension is
the participation ratio of the correlation matrix's eigenvalues, (sum)^2 / sum of squares: as many as there are units if
none goes with another, 1 if all are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan, nan

import numpy as np

from phosphene.arrays import Floats, Integers
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.phrases import counted, listed

ALIKE = 0.95
"""Correlation beyond which two units are near-duplicates."""
RELATED = 0.5
"""Correlation beyond which they have something in common."""
ORDERED = 512
"""Units up to which the leaves of the clustering are put into the best order: that takes the cube of their number."""
EXACT = 1e-3
"""How far a copy's slope may be from 1, and what is left of its variance from 0, to be called the same numbers."""


@dataclass(frozen=True)
class Partner:
    """Another unit: ``other`` is about ``slope`` times the unit plus ``offset``, with correlation ``r``."""

    unit: str
    r: float
    slope: float
    offset: float
    interval: Interval | None

    @property
    def kind(self) -> str:
        """What it is to the unit, in words; empty below `ALIKE`."""
        if not abs(self.r) > ALIKE:
            return ""
        exact = "" if abs(self.r) > 1 - EXACT else "nearly "
        if abs(abs(self.slope) - 1) < (EXACT if not exact else 1 - ALIKE):
            return f"{exact}the same" if self.r > 0 else f"{exact}its negative"
        return f"{exact}{self.slope:.2g} times it".replace("-", "−")


@dataclass(frozen=True)
class Redundancy:
    """How one unit stands to the others of its layer.

    Attributes:
        unit: its address.
        like, unlike: the most correlated and the most anti-correlated other units, the strongest first.
        copies: all that are near-duplicates, negated ones among them.
        median: of the largest |r| that the layer's units have with any other.
        living: units of the layer that are not dead.
    """

    unit: str
    like: tuple[Partner, ...]
    unlike: tuple[Partner, ...]
    copies: tuple[Partner, ...]
    median: float
    living: int

    @property
    def finding(self) -> Finding:
        """The answer in one sentence."""
        closest = self.closest
        return Finding(
            "redundancy",
            nan if closest is None else abs(closest.r),
            _sentence(self),
            None if isnan(self.median) else self.median,
            "the median unit's closest fellow in this layer",
            None if closest is None else _absolute(closest.interval),
            "" if closest is not None else "it, or all others of its layer, are dead, or there are too few positions",
        )

    @property
    def closest(self) -> Partner | None:
        """The unit that it goes with or against most; None where there is none."""
        return max((*self.like[:1], *self.unlike[:1]), key=lambda partner: abs(partner.r), default=None)


@dataclass(frozen=True)
class LayerRedundancy:
    """A layer's units among each other.

    Attributes:
        layer: its name.
        correlation: (C, C); NaN in the rows and columns of dead units.
        dimension: participation ratio of the living units.
        chance: what it would be of units that have nothing to do with each other, at as many pictures.
        living: units that are not dead.
        groups: near-duplicates, negated ones among them, the largest group first.
        left_out: units of a layer too wide for all pairs that none of this speaks of.
    """

    layer: str
    correlation: Floats
    dimension: float
    chance: float
    living: int
    groups: tuple[tuple[int, ...], ...]
    left_out: int = 0

    @cached_property
    def order(self) -> Integers:
        """(C,) the units so that those that go together, or against each other, are neighbours; dead ones last."""
        dead = np.isnan(np.diagonal(self.correlation))
        living = np.flatnonzero(~dead)
        return np.concatenate([living[clustered(self.correlation[np.ix_(living, living)])], np.flatnonzero(dead)])

    @property
    def finding(self) -> Finding:
        """The answer in one sentence."""
        spare = sum(len(group) - 1 for group in self.groups)
        doubles = (
            f"{counted(spare, 'unit')} could go, being near-duplicates of others"
            if spare
            else "none is a near-duplicate"
        )
        dead = len(self.correlation) - self.living
        verb = "is" if dead == 1 else "are"
        text = (
            f"The {counted(self.living, 'living unit')} of {self.layer} count for {self.dimension:.1f} that are "
            f"independent; {doubles}{f', and {dead} more {verb} dead' if dead else ''}."
        )
        caution = (
            f"the layer has {self.left_out:,} more units, of which not all pairs were kept" if self.left_out else ""
        )
        if self.living < 2:
            caution = "there are not two living units to compare"
        return Finding(
            "effective dimension", self.dimension, text, self.chance, "units that are independent", None, caution
        )

    def _repr_png_(self) -> bytes:
        from phosphene.evidence.matrix import matrix_plot

        return matrix_plot([self]).encoded(".png")


def redundancy(atlas: Atlas, units: Sequence[AtlasUnit], partners: int = 3) -> tuple[Redundancy, ...]:
    """Find the most correlated and anti-correlated fellows of units of one layer, and their near-duplicates."""
    layer = units[0].layer.name
    pairs = _Pairs.of(atlas, layer)
    closest = np.abs(np.nan_to_num(pairs.square)).max(1, initial=0)
    living = pairs.spread[: len(closest)] > 0
    median = float(np.median(closest[living])) if living.any() else nan
    return tuple(_of_unit(pairs, unit, median, partners) for unit in units)


def _of_unit(pairs: _Pairs, unit: AtlasUnit, median: float, partners: int) -> Redundancy:
    row = pairs.row(unit.index)
    order = np.argsort(-np.nan_to_num(row), kind="stable")
    known = [int(other) for other in order if not isnan(row[other])]
    near = [int(other) for other in known if abs(row[other]) > ALIKE]

    def partner(other: int) -> Partner:
        r = float(row[other])
        slope = float(r * pairs.spread[other] / pairs.spread[unit.index])
        offset = float(pairs.mean[other] - slope * pairs.mean[unit.index])
        return Partner(f"{unit.layer.name}:{other}", r, slope, offset, _interval(r, pairs.pictures))

    like = tuple(partner(other) for other in known[:partners] if row[other] > 0)
    unlike = tuple(partner(other) for other in known[::-1][:partners] if row[other] < 0)
    copies = tuple(partner(other) for other in sorted(near, key=lambda other: -abs(row[other])))
    return Redundancy(str(unit), like, unlike, copies, median, int((pairs.spread > 0).sum()))


def layer_redundancy(atlas: Atlas, layer: str) -> LayerRedundancy:
    """Say how redundant a layer is as a whole; of a layer too wide for all pairs, its first units."""
    pairs = _Pairs.of(atlas, layer)
    full = pairs.square
    living = np.flatnonzero(pairs.spread[: len(full)] > 0)
    full[living, living] = 1
    among = full[np.ix_(living, living)]
    many = len(living)
    chance = many / (1 + (many - 1) / max(pairs.pictures - 1, 1)) if many else nan
    left_out = atlas.layer(layer).units - len(full)
    return LayerRedundancy(layer, full, participation(among), chance, many, groups(full), left_out)


@dataclass(frozen=True)
class _Pairs:
    """What the scan kept of pairs: ``products`` (P, C) of the first P units with all, P = C unless that is too many.

    ``mean`` and ``spread`` (C,), the root of the sum of squared deviations, at positions of so many ``pictures``.
    """

    products: Floats
    mean: Floats
    spread: Floats
    pictures: int

    @classmethod
    def of(cls, atlas: Atlas, layer: str) -> _Pairs:
        products, mean, squares = (
            np.asarray(atlas.array(layer, name), np.float64) for name in ("pair_products", "pair_mean", "seen_unit_m2")
        )
        height, width = atlas.layer(layer).size
        count = int(atlas.array(layer, "pair_count"))
        pictures = round(count / min(atlas.manifest.options.positions, height * width))
        return cls(products, mean, np.sqrt(squares), pictures)

    def row(self, unit: int) -> Floats:
        """Return a unit's correlations with all others (C,); NaN for itself, dead units and those not kept."""
        found = np.full(len(self.mean), nan)
        products = self.products[unit] if unit < len(self.products) else self.products[:, unit]
        spread = np.where(self.spread > 0, self.spread, nan)
        found[: len(products)] = np.clip(products / (spread[: len(products)] * spread[unit]), -1, 1)
        found[unit] = nan
        return found

    @property
    def square(self) -> Floats:
        """The correlations of the first P units with each other (P, P); NaN on the diagonal and of dead units."""
        first = len(self.products)
        spread = np.where(self.spread > 0, self.spread, nan)[:first]
        found: Floats = np.clip(self.products[:, :first] / np.outer(spread, spread), -1, 1)
        np.fill_diagonal(found, nan)
        return found


def participation(correlation: Floats) -> float:
    """Return (sum of eigenvalues)^2 / sum of their squares; NaN of an empty matrix."""
    return float(np.trace(correlation) ** 2 / (correlation**2).sum()) if len(correlation) else nan


def groups(correlation: Floats) -> tuple[tuple[int, ...], ...]:
    """Return the sets of units that hang together by |r| > `ALIKE`, the largest first."""
    alike = np.abs(np.nan_to_num(correlation)) > ALIKE
    left, found = set(range(len(alike))), []
    while left:
        group, waiting = set(), [min(left)]
        while waiting:
            unit = waiting.pop()
            group.add(unit)
            waiting += [int(other) for other in np.flatnonzero(alike[unit]) if int(other) not in group]
        left -= group
        found.append(tuple(sorted(group)))
    return tuple(sorted((group for group in found if len(group) > 1), key=lambda group: (-len(group), group)))


def clustered(correlation: Floats) -> Integers:
    """Return the leaves of an average-linkage clustering by 1 - |r|, neighbours alike (Bar-Joseph et al. 2001)."""
    if len(correlation) < 3:
        return np.arange(len(correlation))
    # A third of a second, which not everything that shows redundancy has to spend.
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering  # type: ignore[import-untyped]
    from scipy.spatial.distance import squareform  # type: ignore[import-untyped]

    distance = np.clip(1 - np.abs(correlation), 0, None)
    np.fill_diagonal(distance, 0)
    between = squareform(distance, checks=False)
    tree = linkage(between, "average")
    order: Integers = leaves_list(optimal_leaf_ordering(tree, between) if len(correlation) <= ORDERED else tree)
    return order


def _interval(r: float, pictures: int) -> Interval | None:
    """Return Fisher's interval (1915), every picture counted once: positions of one are not independent."""
    if pictures < 5 or isnan(r):
        return None
    away = 1.96 / np.sqrt(pictures - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    return Interval(float(np.tanh(z - away)), float(np.tanh(z + away)))


def _absolute(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    ends = sorted((abs(interval.low), abs(interval.high)))
    return Interval(0.0 if interval.low < 0 < interval.high else ends[0], ends[1])


# -- words -------------------------------------------------------------------------------------------------------


def _sentence(found: Redundancy) -> str:
    if found.closest is None:
        return f"How {found.unit} stands to the others of its layer cannot be told."
    if found.copies:
        told = [f"{copy.unit} is {copy.kind} (r = {_r(copy.r)})" for copy in found.copies]
        return f"{found.unit} is redundant: {listed(told)}."
    ends = [
        f"{way} {partner.unit} (r = {_r(partner.r)})"
        for way, some in (("with", found.like), ("against", found.unlike))
        for partner in some[:1]
    ]
    if abs(found.closest.r) > RELATED:
        return f"{found.unit} has a relative, but no copy; it goes most {listed(ends)}."
    return f"No other unit does what {found.unit} does; it goes most {listed(ends)}."


def _r(r: float) -> str:
    return f"{r:.2f}".replace("-", "−")
