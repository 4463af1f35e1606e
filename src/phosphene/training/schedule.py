"""The learning rate along a training: it climbs in a straight line and falls in one, once or again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

START = 0.2
"""Share of the peak at a cycle's first step."""
END = 0.01
"""Share of the peak at a cycle's last step."""


@dataclass(frozen=True)
class Cycle:
    """One climb and fall."""

    share: float
    """Of the whole training; the cycles' shares add up to 1."""
    peak: float
    """Highest learning rate, for the mean loss of a batch."""


@dataclass(frozen=True)
class Place:
    """Where something is in its cycle: steps, or epochs."""

    cycle: Cycle
    done: int
    length: int


def place(done: int, length: int, cycles: Sequence[Cycle]) -> Place:
    """The cycle that number `done` (from 0) of `length` falls into, and its place there."""
    begins, share = 0, 0.0
    for cycle in cycles:
        share += cycle.share
        ends = round(share * length)
        if done < ends:
            return Place(cycle, done - begins, ends - begins)
        begins = ends
    raise ValueError(f"{done} is past the end of {length}")


def learning_rate(step: int, steps: int, cycles: Sequence[Cycle], warm_up: float) -> float:
    """Learning rate of `step` (from 0) out of `steps`; `warm_up` is the share of a cycle that climbs."""
    at = place(step, steps, cycles)
    return one_cycle(at.done, at.length, at.cycle.peak, warm_up)


def one_cycle(step: int, steps: int, peak: float, warm_up: float) -> float:
    """Learning rate of `step` (from 0) out of `steps`: `START` to 1 over the first `warm_up`, then to `END`.

    After L. Smith, "Super-convergence" (2018), with straight lines.
    """
    last = max(steps - 1, 1)
    top = warm_up * last
    if step < top:
        return peak * (START + (1 - START) * step / top)
    return peak * (1 + (END - 1) * (step - top) / max(last - top, 1e-9))
