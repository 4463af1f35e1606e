"""Which classes does a unit prefer?

The area under the ROC curve of its peaks, for one class against the rest, on the pictures of the scan's sample. The
best of many classes looks good by chance alone, so the class is chosen on one half of the sample and measured on the
other, both ways round: of a unit that knows nothing of classes that comes to one half, however many classes there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan

import numpy as np

from phosphene.arrays import Floats, Integers
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence import bootstrap
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.phrases import counted, listed
from phosphene.scan.derive import roc_areas

KNOWS = 0.6
"""Area from which on a unit is said to lean towards a class at all."""
PREFERS = 0.75
"""Area from which on it is said to prefer it."""
TELLS = 0.9
"""Area from which on a unit is called a detector of the class."""
FEW = 256
"""Pictures that are looked up one by one rather than all at once."""
SAID = 4
"""Classes up to which those of the strongest pictures are named."""
DRAWS = 200
PLAYS = 2000
"""Draws of as many pictures as a unit's strongest, from all, with which those are compared."""


@dataclass(frozen=True)
class Classes:
    """What a unit has to do with the classes.

    Attributes:
        unit: its address.
        names: of the classes that were scanned.
        mean_peak: (classes,) over all pictures; NaN for classes without pictures.
        areas: (classes,) under the ROC curve, on the whole sample; NaN where there is no telling.
        best: the class that was chosen, on the whole sample; empty where there is none.
        area: of the best class, chosen and measured on different pictures.
        interval: of ``area``.
        agreed: whether both halves of the sample chose the same class.
        strongest: (classes,) how many of its strongest pictures are of each class.
        cover: how many classes it takes to cover half of those; 0 where they have no classes.
        cover_by_chance: how many it takes for as many pictures drawn blindly, on average.
        most_by_chance: how many of those are of the most frequent class, 39 times in 40 no more.
    """

    unit: str
    names: tuple[str, ...]
    mean_peak: Floats
    areas: Floats
    best: str
    area: float
    interval: Interval | None
    agreed: bool
    strongest: Integers
    cover: int
    cover_by_chance: float
    most_by_chance: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The answers in one sentence each: of the best class, and of the strongest pictures."""
        return _of_class(self), _of_strongest(self)


def classes(atlas: Atlas, units: Sequence[AtlasUnit], draws: int = DRAWS, seed: int = 0) -> tuple[Classes, ...]:
    """Say which classes units of one layer prefer, from the atlas alone."""
    layer, names = units[0].layer.name, atlas.manifest.classes
    chosen = [unit.index for unit in units]
    labels = sample_labels(atlas, layer)
    peaks = np.asarray(atlas.array(layer, "sample_peak"), np.float64)[:, chosen]
    means, counts = _means(atlas, layer, chosen)
    areas = roc_areas(peaks, labels, len(names))
    held = _held_out(peaks, labels, len(names), bootstrap.weights(len(labels), draws, seed))
    found = []
    for column, unit in enumerate(units):
        strongest = _strongest(atlas, unit)
        area, interval, agreed = held[column]
        best = "" if isnan(area) else names[int(np.nanargmax(areas[:, column]))]
        found.append(
            Classes(
                str(unit),
                names,
                means[:, column],
                areas[:, column],
                best,
                area,
                interval,
                agreed,
                strongest,
                int(cover(strongest)),
                *_by_chance(int(strongest.sum()), tuple(counts.tolist()), seed),
            )
        )
    return tuple(found)


def sample_labels(atlas: Atlas, layer: str) -> Integers:
    """Return the numbers of the classes of the sample's pictures, (S,); -1 for none."""
    number = {name: index for index, name in enumerate(atlas.manifest.classes)}
    wanted = [int(image) for image in atlas.array(layer, "sample_image")]
    every = {row.index: row.label for row in atlas.images} if len(wanted) > FEW else None
    labels = ((atlas.images[image].label if every is None else every[image]) for image in wanted)
    return np.array([-1 if label is None else number.get(label, -1) for label in labels], np.int64)


def _means(atlas: Atlas, layer: str, units: Sequence[int]) -> tuple[Floats, Integers]:
    counts = np.asarray(atlas.array(layer, "class_count"), np.int64)
    sums = np.asarray(atlas.array(layer, "class_sum"), np.float64)[:, units]
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], nan), counts


def _held_out(
    peaks: Floats, labels: Integers, count: int, weights: Floats
) -> list[tuple[float, Interval | None, bool]]:
    """Choose each unit's class on every other picture and measure it on the rest, both ways round.

    The sample is in the order of its hashes, so every other picture of it is a blind half.
    """
    halves = [np.arange(len(labels)) % 2 == half for half in (0, 1)]
    areas = [roc_areas(peaks[half], labels[half], count) for half in halves]
    areas = [np.where(np.isnan(other), nan, own) for own, other in (areas, areas[::-1])]
    found: list[tuple[float, Interval | None, bool]] = []
    for unit in range(peaks.shape[1]):
        if np.isnan(areas[0][:, unit]).all() or np.ptp(peaks[:, unit]) == 0:
            found.append((nan, None, False))
            continue
        first, second = (int(np.nanargmax(each[:, unit])) for each in areas)
        value = np.mean([areas[1][first, unit], areas[0][second, unit]])
        drawn = [
            weighted_area(peaks[half, unit], labels[half] == chosen, weights[:, half], labels[half] >= 0)
            for half, chosen in ((halves[1], first), (halves[0], second))
        ]
        found.append((float(value), bootstrap.interval(np.mean(drawn, 0)), first == second))
    return found


def weighted_area(peaks: Floats, inside: Integers, weights: Floats, known: Integers) -> Floats:
    """Return areas under the ROC curve (draws,) when each picture counts as often as ``weights`` (draws, S) says.

    ``inside`` (S,) says which pictures are of the class, ``known`` which have a class at all. Ties count half.
    """
    order = np.argsort(peaks, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(peaks[order]) > 0]))
    own, rest = (
        np.add.reduceat((weights * which)[:, order], starts, axis=1) for which in (inside & known, ~inside & known)
    )
    below = rest.cumsum(1) - rest / 2
    pairs = own.sum(1) * rest.sum(1)
    found: Floats = (own * below).sum(1) / np.where(pairs > 0, pairs, nan)
    return found


def _strongest(atlas: Atlas, unit: AtlasUnit) -> Integers:
    """Return how many of a unit's strongest pictures are of each class; none of a unit that never changes."""
    names = atlas.manifest.classes
    found = np.zeros(len(names), np.int64)
    for example in () if unit.stats.dead else unit.examples:
        label = unit.image(example).label
        if label in names:
            found[names.index(label)] += 1
    return found


def cover(counts: Integers) -> Integers:
    """Return how many classes it takes, the most frequent first, to cover half of ``counts`` (..., classes): (...).

    Zero where nothing is counted.
    """
    running, total = np.sort(counts, axis=-1)[..., ::-1].cumsum(-1), counts.sum(-1)
    found: Integers = (running < total[..., None] / 2).sum(-1) + (total > 0)
    return found


@lru_cache(maxsize=64)
def _by_chance(pictures: int, counts: tuple[int, ...], seed: int) -> tuple[float, float]:
    """Return the mean `cover` of that many pictures drawn blindly, and the 97.5 % point of their largest class."""
    if not pictures or not sum(counts):
        return nan, nan
    drawn = np.random.default_rng(seed).multinomial(pictures, np.array(counts) / sum(counts), PLAYS)
    return float(cover(drawn).mean()), float(np.quantile(drawn.max(1), 0.975))


# -- words -------------------------------------------------------------------------------------------------------


def _of_class(found: Classes) -> Finding:
    sentence, caution = _best_class(found), ""
    if isnan(found.area):
        caution = "the unit is the same everywhere, or its pictures have no classes, or too few of each"
    elif found.interval is not None and found.interval.low <= 0.5:
        caution = "no better than guessing, within the interval"
    elif not found.agreed:
        caution = "the two halves of the sample prefer different classes"
    return Finding("class", found.area, sentence, 0.5, "guessing", found.interval, caution)


def _best_class(found: Classes) -> str:
    if isnan(found.area):
        return f"Whether {found.unit} prefers a class cannot be told."
    told = f"its peak is higher on a picture of it than on another one {100 * found.area:.0f} times in 100"
    if found.area < KNOWS:
        return f"{found.unit} hardly tells any class from the rest: even of {found.best}, {told}."
    if found.area < TELLS:
        return f"{found.unit} {'leans towards' if found.area < PREFERS else 'prefers'} {found.best}: {told}."
    return f"{found.unit} tells {found.best} from all the rest: {told}."


def _of_strongest(found: Classes) -> Finding:
    question, beside, usual = "classes of the strongest", "pictures drawn blindly", found.cover_by_chance
    total = int(found.strongest.sum())
    if not total:
        text = f"The strongest pictures of {found.unit} have no classes."
        return Finding(question, nan, text, caution="there are none, or the unit is dead")
    many = f"of the {counted(total, 'strongest picture')} of {found.unit}"
    told = (
        f"{_leading(found)} make up half {many}"
        if found.cover <= SAID
        else f"It takes {found.cover} classes for half {many}"
    )
    text = f"{told}; of pictures drawn blindly it takes {usual:.1f} classes."
    caution = "" if found.strongest.max() > found.most_by_chance else "as many of one class come by chance"
    return Finding(question, float(found.cover), text, usual, beside, caution=caution)


def _leading(found: Classes) -> str:
    ranked = np.argsort(-found.strongest, kind="stable")[: found.cover]
    return listed([f"{found.strongest[c]} {found.names[c]}" for c in ranked])
