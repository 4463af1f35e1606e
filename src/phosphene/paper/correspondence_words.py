"""How far features agree on parts, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.measured import mean
from phosphene.evidence.phrases import counted, percent

if TYPE_CHECKING:
    from phosphene.paper.correspondence_network import Agreement, Correspondence

FEW = 5  # pictures; the paper has five
NOTABLE = 0.05


def said(found: Correspondence) -> tuple[Finding, ...]:
    """Say it in a sentence for each part at each layer."""
    return tuple(_of(each) for each in found.agreements)


def _of(each: Agreement) -> Finding:
    doubts = []
    count = len(each.pictures)
    distance, agreement = each.distance, each.agreement
    if count < FEW:
        doubts.append(f"measured on {counted(count, 'picture')} only")
    if each.random_as_good > NOTABLE:
        doubts.append("not clearly more alike than random boxes")
    if (agreement.elsewhere >= agreement.mean).any():
        doubts.append("boxes at the places that the part has in other pictures agree as well")
    return Finding(
        f"{each.part} in {each.layer}",
        distance.mean,
        f"{each.layer}: with {each.part!r} hidden in {counted(count, 'picture')}, {_three(distance.mean)} of the "
        f"features change in another direction{_between(distance.interval)}, for random boxes "
        f"{_three(mean(distance.random))}{_between(distance.random_range)}. Agreement beyond chance: "
        f"{_three(agreement.mean)}{_between(agreement.interval)}, random boxes "
        f"{_three(mean(agreement.random))}, of which {percent(each.random_as_good)} are as good, "
        f"boxes where other pictures have it {_three(mean(agreement.elsewhere))}.",
        baseline=mean(distance.random),
        compared_with="random boxes of the same size",
        interval=distance.interval,
        caution="; ".join(doubts),
    )


def _three(value: float) -> str:
    return f"{value:.3f}"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" (95 %: {_three(interval.low)} to {_three(interval.high)})"
