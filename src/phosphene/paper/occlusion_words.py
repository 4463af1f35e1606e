"""What hiding parts of a picture does, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import mean, two
from phosphene.evidence.phrases import counted, percent
from phosphene.evidence.ranks import spearman

if TYPE_CHECKING:
    from phosphene.paper.occlusion_picture import Occlusion


def said(found: Occlusion) -> tuple[Finding, ...]:
    """Say it in four sentences."""
    return tuple(_sentences(found))


def _sentences(found: Occlusion) -> Iterator[Finding]:
    guessed = "" if found.label.is_given else "the true class was not given, so this is the most probable one"
    lowest, middle = float(found.probability.min()), float(np.median(found.probability))
    yield Finding(
        "probability of the true class",
        found.whole.probability - lowest,
        f"A {found.fill} square of {found.slide.side}x{found.slide.side} pixels lowers the probability of "
        f"{found.label.name!r} from {two(found.whole.probability)} to {two(lowest)} at worst, at "
        f"{_place(found, found.probability)}; the median over {_places(found)} is {two(middle)}.",
        baseline=found.whole.probability - middle,
        compared_with="the median place",
        caution=guessed,
    )
    yield _answer(found)
    yield _map(found)
    yield _together(found)


def _answer(found: Occlusion) -> Finding:
    changed = found.best[found.best != found.whole.best]
    share = len(changed) / found.best.size
    name = found.names[found.whole.best]
    if not len(changed):
        return Finding("most probable class", 0.0, f"Wherever the square is, {name!r} stays the most probable class.")
    other, times = Counter(changed.tolist()).most_common(1)[0]
    return Finding(
        "most probable class",
        share,
        f"The most probable class is no longer {name!r} at {percent(share)} of the places; most often it is then "
        f"{found.names[other]!r} ({percent(times / found.best.size)}).",
    )


def _map(found: Occlusion) -> Finding:
    whole = found.whole.total
    if whole <= 0:
        return Finding("map", float("nan"), f"The map of {found.unit} sums to {whole:.3g} in the whole picture.")
    drop, middle = (1 - float(total) / whole for total in (found.total.min(), np.median(found.total)))
    return Finding(
        "map",
        drop,
        f"The map of {found.unit}, summed over space, falls by up to {percent(drop)}, with the square at "
        f"{_place(found, found.total)}; by {percent(max(0.0, middle))} at the median place.",
        baseline=middle,
        compared_with="the median place",
    )


def _together(found: Occlusion) -> Finding:
    own = float(spearman(found.probability.ravel()[None], found.total.ravel()[None])[0])
    against = mean(found.others)
    above = float((found.others <= own + 1e-9).mean()) if len(found.others) else float("nan")
    beside = (
        f" Of the {counted(len(found.others), 'other active unit')} of the layer {percent(above)} agree no better "
        f"(mean {two(against)})."
        if len(found.others)
        else ""
    )
    caution = "" if not above < 0.5 else "most other units of the layer follow the class more closely"
    return Finding(
        "class and map",
        own,
        f"Where hiding lowers the map it lowers the class at a rank agreement of {two(own)}.{beside}",
        baseline=None if np.isnan(against) else against,
        compared_with="other active units of the layer",
        caution=caution,
    )


def _place(found: Occlusion, values: Floats) -> str:
    row, column = np.unravel_index(int(values.argmin()), values.shape)
    top, left, bottom, right = found.slide.squares[row, column].tolist()
    return f"rows {top} to {bottom - 1}, columns {left} to {right - 1}"


def _places(found: Occlusion) -> str:
    many, count = found.measured.size, int(found.measured.sum())
    return f"{many:,} places" if many == count else f"{many:,} places, {count:,} of them measured,"
