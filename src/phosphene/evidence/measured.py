"""Figures of a few pictures as one finding: mean, interval, and whether it is clearly beyond its baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phosphene.arrays import Floats
from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.phrases import counted, percent
from phosphene.network import Unit

UNKNOWN = "(not measured)"
FEW = 3  # pictures; fewer are said to be few
FAINT = 0.05  # of the strongest picture's activation


def mean(values: Floats) -> float:
    """Return the mean of what is finite; NaN where nothing is."""
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    return float(finite.mean()) if len(finite) else float("nan")


def two(number: float) -> str:
    """Return a number with two decimals; one that rounds to nought has no sign."""
    return f"{round(number, 2) + 0.0:.2f}" if np.isfinite(number) else UNKNOWN


def portion(share: float) -> str:
    """Return a share as a percentage."""
    return percent(share) if np.isfinite(share) else UNKNOWN


def share(answer: Floats, value: Floats, nothing_shown: Floats) -> Floats:
    """Return ``answer`` as a share of the activation ``value``, or where that is not above 0, above ``nothing_shown``.

    A unit whose strongest activation is negative has no share of it; what counts is how far it rises above its answer
    to a picture that shows nothing. A picture (last dimension) that gives less than `FAINT` of what the strongest of
    them gives has no share either, NaN: a share of next to nothing may be any number.
    """
    floor = np.where(value > 0, 0.0, nothing_shown)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        whole = value - floor
        least = np.maximum(FAINT * np.fmax.reduce(whole, axis=-1, keepdims=True), 0)
        found: Floats = (answer - floor) / np.where(whole > least, whole, np.nan)
    return np.where(np.isfinite(found), found, np.nan)


@dataclass(frozen=True)
class Compared:
    """A figure on N pictures beside what it is without the unit, on the same pictures (or one figure for all).

    Attributes:
        value: (N,), NaN where it could not be measured.
        baseline: (N,) or (1,), NaN likewise.
        what: what the baseline is, in a few words.
    """

    value: Floats
    baseline: Floats
    what: str

    @property
    def difference(self) -> Interval | None:
        """The interval of the mean difference, picture by picture."""
        return mean_interval(self.value - self.baseline)

    @property
    def is_above(self) -> bool:
        """Whether the figure is clearly larger than its baseline."""
        return self.difference is not None and self.difference.low > 0

    @property
    def is_below(self) -> bool:
        """Whether the figure is clearly smaller than its baseline."""
        return self.difference is not None and self.difference.high < 0

    def finding(self, question: str, sentence: str, caution: str = "") -> Finding:
        """State the mean; a caution is added where there are few pictures."""
        count = int(np.isfinite(self.value).sum())
        few = f"measured on {counted(count, 'picture')} only" if count < FEW else ""
        base = mean(self.baseline)
        return Finding(
            question=question,
            value=mean(self.value),
            sentence=sentence,
            baseline=None if np.isnan(base) else base,
            compared_with=self.what,
            interval=mean_interval(self.value),
            caution="; ".join(filter(None, [caution, few])),
        )


def nothing(question: str, sentence: str, caution: str) -> Finding:
    """State that there is nothing to measure, and why."""
    return Finding(question, float("nan"), sentence, caution=caution)


def dead(question: str, unit: Unit, pictures: int) -> Finding:
    """State that a unit is not active on any of the pictures."""
    shown = counted(pictures, "picture")
    return nothing(question, f"{unit} is not active on any of {shown}, so this was not measured.", f"dead on {shown}")
