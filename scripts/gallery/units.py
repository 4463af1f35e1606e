"""Which units a gallery shows; docs/gallery.md states these rules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.project.patches import Patches
from phosphene.sheets.patches import NINE, Chosen
from phosphene.story.choice import drawn_units, strongest
from phosphene.story.peaks import Peaks

CHOSEN, DRAWN = 3, 3
BY_LOT = "drawn by lot"
IN_COMMON = 4  # photographs that two chosen units may share among their nines


@dataclass(frozen=True)
class Nine:
    """A unit, and its strongest photographs cut to what it sees of them."""

    chosen: Chosen
    found: Patches


def selectivity(peaks: Peaks) -> Tensor:
    """(U,) The ninth strongest peak of each unit over its mean peak; 0 for a dead unit.

    High where at least nine photographs hold what the unit looks for and most do not; one odd photograph does nothing.
    """
    floored = peaks.value.clamp(min=0)
    ninth = floored.sort(0, descending=True).values[min(NINE, len(floored)) - 1]
    return torch.where(peaks.alive, ninth / floored.mean(0).clamp(min=1e-12), torch.zeros(()))


def nine(peaks: Peaks, unit: int) -> list[int]:
    """Return the rows of a unit's nine strongest photographs."""
    return strongest(peaks.value[:, unit], NINE)


def chosen_units(peaks: Peaks, count: int = CHOSEN) -> list[Chosen]:
    """Return the most selective units, leaving out those whose nine repeat the nine of a unit taken before."""
    score = selectivity(peaks)
    taken: list[Chosen] = []
    for unit in strongest(score, peaks.units):
        if len(taken) == count or score[unit] <= 0:
            break
        own = set(nine(peaks, unit))
        if all(len(own & set(nine(peaks, other.unit))) <= IN_COMMON for other in taken):
            taken.append(Chosen(unit, f"ninth peak {score[unit]:.1f} × mean peak"))
    return taken


def shown_units(peaks: Peaks, seed: int) -> list[Chosen]:
    """Return chosen units and units drawn by lot among the others, one of each in turn."""
    chosen = chosen_units(peaks)
    drawn = [Chosen(u, BY_LOT) for u in drawn_units(peaks, DRAWN, seed, [each.unit for each in chosen])]
    longest = range(max(len(chosen), len(drawn)))
    return [side[index] for index in longest for side in (chosen, drawn) if index < len(side)]
