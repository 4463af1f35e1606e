"""Which pictures and which units are shown. Each rule is stated beside the figure it made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from phosphene.story.material import Material
from phosphene.story.survey import Peaks

HERO = "astronaut@12x/x000-y000"


def strongest(peaks: Tensor, count: int) -> list[int]:
    """Return the rows of the ``count`` largest of ``peaks`` (N,), largest first, the earlier picture on ties."""
    return torch.sort(peaks, descending=True, stable=True).indices[:count].tolist()


def strongest_apart(peaks: Tensor, material: Material, count: int, each: int) -> list[int]:
    """Return the strongest rows above zero, with at most ``each`` windows of one photograph."""
    taken: Counter[str] = Counter()
    rows: list[int] = []
    for row in torch.sort(peaks, descending=True, stable=True).indices.tolist():
        if len(rows) == count or peaks[row] <= 0:
            break
        if taken[material.origin(row)] < each:
            taken[material.origin(row)] += 1
            rows.append(row)
    return rows


def graded(peaks: Tensor, count: int) -> list[int]:
    """Return rows whose values fall in about even steps from the strongest towards zero; at most those above zero."""
    order = [row for row in strongest(peaks, len(peaks)) if peaks[row] > 0]
    count = min(count, len(order))
    values = peaks[order]
    ranks: list[int] = []
    for step in range(count):
        aim = float(values[0]) * (1 - step / count)
        nearest = int((values - aim).abs().argmin())
        earliest = ranks[-1] + 1 if ranks else 0
        ranks.append(min(max(nearest, earliest), len(order) - count + step))
    return [order[rank] for rank in ranks]


def prominence(peaks: Peaks) -> Tensor:
    """(U,) The strongest peak of each unit over its mean peak; 0 for a dead unit. Units of a layer differ in scale."""
    highest, mean = peaks.value.amax(0), peaks.value.clamp(min=0).mean(0)
    return torch.where(peaks.alive, highest / mean.clamp(min=1e-12), torch.zeros(()))


def picked_units(peaks: Peaks, count: int) -> list[int]:
    """Return live units at even steps of their `prominence`, from the first to the last rank."""
    live = [unit for unit in strongest(prominence(peaks), peaks.units) if peaks.alive[unit]]
    if len(live) <= count:
        return live
    return [live[round(step * (len(live) - 1) / max(1, count - 1))] for step in range(count)]


def drawn_units(peaks: Peaks, count: int, seed: int, without: Sequence[int] = ()) -> list[int]:
    """Return live units drawn at random, in the order of their numbers."""
    live = [unit for unit in range(peaks.units) if peaks.alive[unit] and unit not in without]
    return sorted(Random(seed).sample(live, min(count, len(live))))


def hero(material: Material) -> int:
    """Return the row of the one picture that a whole layer is shown on: a face in the samples, elsewhere a dog.

    Without either it is the picture whose id comes first.
    """
    if HERO in material.ids:
        return material.ids.index(HERO)
    dogs = [row for row, label in enumerate(material.labels) if label == "dog"]
    return min(dogs or range(len(material)), key=material.ids.__getitem__)
