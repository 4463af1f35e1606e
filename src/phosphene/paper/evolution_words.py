"""What happens to units in a training, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.classes import KNOWS
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import FEW, mean, two
from phosphene.evidence.phrases import counted, percent

if TYPE_CHECKING:
    from phosphene.paper.evolution_units import Evolution, Life


def said(found: Evolution) -> tuple[Finding, ...]:
    """Say it in three or four sentences for each layer."""
    return tuple(finding for life in found.lives for finding in _of(found, life))


def _of(found: Evolution, life: Life) -> Iterator[Finding]:
    yield _settling(found, life)
    if life.jumps.any():
        yield _jumping(life)
    yield _selecting(found, life)
    if np.isfinite(life.area).any():
        yield _telling(found, life)


def _settling(found: Evolution, life: Life) -> Finding:
    jumps, count = life.jumps, len(life.units)
    last = [int(np.flatnonzero(column)[-1]) if column.any() else 0 for column in jumps.T]
    middle = int(np.median(last))
    still = int(jumps[-1].sum())
    silent = int((life.strongest[-1] < 0).sum())
    few = [f"measured on {counted(count, 'unit')} only"] if count < FEW else []
    dead = [f"{silent} of {count} answer every picture alike at the last moment"] if silent else []
    return Finding(
        f"{life.layer} settles",
        float(middle),
        f"{life.layer}: the strongest picture changes {two(float(jumps.sum(0).mean()))} times in "
        f"{counted(len(jumps) - 1, 'step')} for the mean unit, for the median one last at {found.moments[middle]}; "
        f"at the last step still for {still} of {count}.",
        interval=mean_interval(jumps.sum(0).astype(float)),
        caution="; ".join(few + dead),
    )


def _jumping(life: Life) -> Finding:
    jumps = life.jumps
    at, without = mean(life.like[jumps]), mean(life.like[1:][~jumps[1:]])
    same, rank = mean(life.same[jumps]), life.rank[jumps]
    still = f", without a jump {two(without)}" if np.isfinite(without) else ""
    return Finding(
        f"{life.layer} jumps",
        at,
        f"{life.layer}: at a jump the projection is like the one before by {two(at)} (cosine){still}; the former "
        f"picture itself, sent back by the new weights, by {two(same)}, and it now stands at rank "
        f"{np.median(rank):.0f} (median).",
        baseline=same,
        compared_with="the same picture by both weights",
        interval=mean_interval(life.like[jumps]),
    )


def _selecting(found: Evolution, life: Life) -> Finding:
    before, after = life.selectivity[0], life.selectivity[-1]
    difference = mean_interval(after - before)
    doubt = ""
    if difference is not None and difference.low <= 0 <= difference.high:
        doubt = "the change may be chance"
    grown = int((life.interval[0, -1] > life.interval[1, 0]).sum())
    fallen = int((life.interval[1, -1] < life.interval[0, 0]).sum())
    return Finding(
        f"{life.layer} selectivity",
        mean(after),
        f"{life.layer}: selectivity for pictures goes from {two(mean(before))} at {found.moments[0]} to "
        f"{two(mean(after))} at {found.moments[-1]} in the mean; it clearly rises for {grown} of {len(life.units)} "
        f"units and falls for {fallen}.",
        baseline=mean(before),
        compared_with=found.moments[0],
        interval=mean_interval(after),
        caution=doubt,
    )


def _telling(found: Evolution, life: Life) -> Finding:
    before, after = life.area[0], life.area[-1]
    best = int(np.nanargmax(after))
    name = found.classes[int(life.favourite[best])]
    leaning = percent(float((after > KNOWS).mean()))
    return Finding(
        f"{life.layer} classes",
        mean(after),
        f"{life.layer}: the class that a unit tells best at the end it tells with an area of {two(mean(after))} under "
        f"the ROC curve, at {found.moments[0]} with {two(mean(before))} (chance: 0.50); the best is unit "
        f"{life.units[best]} for {name!r}, {two(float(after[best]))}.",
        baseline=mean(before),
        compared_with=found.moments[0],
        interval=mean_interval(after),
        caution="" if mean(after) > KNOWS else f"only {leaning} of the units lean to a class at all",
    )
