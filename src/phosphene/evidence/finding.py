"""What is said of a unit: one measured figure, beside what it would be worth if there were nothing to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Where a figure lies with 95 % confidence, by the bootstrap over images unless the question says otherwise."""

    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """The answer to one question about a unit.

    Attributes:
        question: a short name, such as ``"occlusion"``; the same for every unit, so that units can be sorted by it.
        value: the figure; NaN where it cannot be measured, and then ``caution`` says why.
        baseline: what the figure is for something that has nothing to do with the unit; None where there is none.
        compared_with: what that something is, in a few words.
        interval: of the value; None where one cannot be had.
        sentence: the figure in one plain sentence.
        caution: what not to believe, and why; empty where the figure is strong.
    """

    question: str
    value: float
    sentence: str
    baseline: float | None = None
    compared_with: str = ""
    interval: Interval | None = None
    caution: str = ""
