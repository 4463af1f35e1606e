"""How far features and answer move with a picture, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import FEW, two
from phosphene.evidence.phrases import counted, listed, percent

if TYPE_CHECKING:
    from phosphene.paper.invariance_pictures import Curve, Invariance

_AMOUNT = {
    "translation": "moved by {:g} pixels",
    "scale": "enlarged {:g} times",
    "rotation": "turned by {:g} degrees",
    "brightness": "brighter by {:g}",
    "contrast": "with {:g} times its contrast",
    "blur": "blurred by {:g} pixels",
}
MADE_UP = 0.1  # share of mirrored picture from which on a sentence warns of it


def said(found: Invariance) -> tuple[Finding, ...]:
    """Two sentences for each change: the features, the answer."""
    return tuple(finding for curve in found.curves for finding in (_features(found, curve), _answer(found, curve)))


def _features(found: Invariance, curve: Curve) -> Finding:
    degrees, none = np.array(curve.change.degrees), curve.change.none
    small = int(np.argmin(np.where(degrees == none, np.inf, abs(degrees - none))))
    parts, at_most = [], float("nan")
    for name in found.layers:
        middle, _ = curve.averaged(curve.distance[name])
        at_most = float(np.nanmax(middle)) if np.isfinite(middle).any() else float("nan")
        against = found.between[name]
        other = f", another picture {two(against)}" if np.isfinite(against) else ""
        parts.append(f"{name} moves by {two(float(middle[small]))} of its length, at most {two(at_most)}{other}")
    made_up = float(curve.made_up.max())
    caution = f"up to {percent(made_up)} of a changed picture is mirrored picture" if made_up > MADE_UP else ""
    against = found.between[found.layers[-1]]
    return Finding(
        f"{curve.change.name} features",
        at_most,
        f"A picture {_AMOUNT[curve.change.name].format(degrees[small])}: {'; '.join(parts)}.",
        baseline=None if np.isnan(against) else against,
        compared_with=f"other pictures, in {found.layers[-1]}",
        caution=caution,
    )


def _answer(found: Invariance, curve: Curve) -> Finding:
    middle, intervals = curve.averaged(curve.probability)
    degrees = list(curve.change.degrees)
    same, worst = degrees.index(curve.change.none), int(middle.argmin())
    between = intervals[worst]
    shown = f" (95 %: {two(between.low)} to {two(between.high)})" if between else ""
    guessed = [name for name, label in zip(found.pictures, found.labels, strict=True) if not label.is_given]
    doubts = []
    if guessed:
        who = "it" if len(found.pictures) == 1 else listed(guessed) if len(guessed) < 4 else f"{len(guessed)} pictures"
        doubts.append(f"the true class of {who} was not given, so it is the most probable one")
    if len(found.pictures) < FEW:
        doubts.append(f"measured on {counted(len(found.pictures), 'picture')} only")
    whole, least = float(middle[same]), float(middle[worst])
    return Finding(
        f"{curve.change.name} answer",
        whole - least,
        f"The probability of the true class falls from {two(whole)} to {two(least)}{shown} at worst, "
        f"{_AMOUNT[curve.change.name].format(degrees[worst])}.",
        interval=between,
        caution="; ".join(doubts),
    )
