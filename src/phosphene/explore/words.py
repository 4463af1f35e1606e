"""A unit in a few sentences, and figures as pages state them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from phosphene.evidence.classes import KNOWS, PREFERS, TELLS
from phosphene.evidence.phrases import counted, percent
from phosphene.explore.figures import SPECIFICITY, LayerFigures, UnitFigures

LITTLE = 0.1
"""R² up to which what is plainly visible is said to explain little."""


def number(value: float | None) -> str:
    """Return a value with three digits; a dash where there is none."""
    if value is None or isnan(value):
        return "–"
    text = f"{value:,.0f}" if value == 0 or abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
    return text.replace("-", "−")


def hundredths(value: float) -> str:
    """Return a value between -1 and 1 with two decimals; a dash for none."""
    return "–" if isnan(value) else f"{value:.2f}".replace("-", "−").replace("−0.00", "0.00")


def tenths(share: float) -> str:
    """Return a share as a percentage with one decimal; a dash for none."""
    return "–" if isnan(share) else f"{100 * share:.1f} %".replace("-", "−").replace("−0.0 %", "0.0 %")


def summary(unit: UnitFigures, figures: LayerFigures, scanned: int) -> str:
    """Return what matters most of a unit, in a few sentences."""
    return " ".join(_sentences(unit, figures, scanned))


def _sentences(unit: UnitFigures, figures: LayerFigures, scanned: int) -> Iterator[str]:
    stats = unit.stats
    if stats.nonfinite:
        yield f"It had {counted(stats.nonfinite, 'value')} that {'is' if stats.nonfinite == 1 else 'are'} no number."
    if stats.dead:
        yield (
            f"Dead on {counted(scanned, 'picture')}: it is {number(stats.mean)} at every position of every one of them."
        )
        return
    yield f"Above zero at {percent(stats.positive)} of all positions, up to {number(stats.maximum)}."
    yield from _class(unit)
    yield from _visible(unit)
    if stats.unit in figures.twins:
        yield "It has a near-duplicate in its layer."
    yield from _trust(unit)


def _class(unit: UnitFigures) -> Iterator[str]:
    best, area = unit.stats.best_class, unit.stats.best_auc
    if best is None or area is None or isnan(area):
        return
    if area < KNOWS:
        yield "It tells no class from the others."
        return
    verb = "Detects" if area >= TELLS else "Prefers" if area >= PREFERS else "Leans towards"
    yield f"{verb} {best}: it peaks higher on one than on another picture {round(100 * area)} times in 100."


def _visible(unit: UnitFigures) -> Iterator[str]:
    explained = unit.stats.explained
    if explained is None or isnan(explained):
        return
    most = f", most of it {unit.causes[0][0]}" if unit.causes else ""
    if explained < LITTLE:
        yield f"What is plainly visible explains little of it ({percent(explained)}{most})."
    else:
        yield f"What is plainly visible explains {percent(explained)} of it{most}."


def _trust(unit: UnitFigures) -> Iterator[str]:
    if not unit.trust:
        return
    row = next((row for row in unit.trust if row.question == SPECIFICITY), None)
    if row is not None and not isnan(row.value):
        verdict = f"but {row.caution}" if row.caution else "more than the picture does by chance"
        yield f"Its projections are {percent(row.value)} its own, {verdict}."
    yield f"{unit.cautions} of {counted(len(unit.trust), 'figure')} of trust carry a caution."
