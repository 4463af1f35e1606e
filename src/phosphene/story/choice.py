"""Which pictures and which units are shown. Each rule is stated beside the figure it made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from phosphene.story.material import Material
from phosphene.story.peaks import Answer, Peaks

HERO = "astronaut@12x/x000-y000"


def strongest(peaks: Tensor, count: int) -> list[int]:
    """Return the rows of the ``count`` largest of ``peaks`` (N,), largest first, the earlier picture on ties."""
    return torch.sort(peaks, descending=True, stable=True).indices[:count].tolist()


def strongest_apart(answers: Sequence[Answer], material: Material, count: int, each: int) -> list[int]:
    """Return the pictures of the first answers above zero, with at most ``each`` windows of one photograph."""
    taken: Counter[str] = Counter()
    images: list[int] = []
    for answer in answers:
        if len(images) == count or answer.value <= 0:
            break
        origin = material.origin(answer.image)
        if taken[origin] < each:
            taken[origin] += 1
            images.append(answer.image)
    return images


def graded(answers: Sequence[Answer], count: int) -> list[int]:
    """Return pictures whose values fall in about even steps from the first answer towards zero, all above zero."""
    values = torch.tensor([answer.value for answer in answers if answer.value > 0])
    count = min(count, len(values))
    ranks: list[int] = []
    for step in range(count):
        aim = float(values[0]) * (1 - step / count)
        nearest = int((values - aim).abs().argmin())
        earliest = ranks[-1] + 1 if ranks else 0
        ranks.append(min(max(nearest, earliest), len(values) - count + step))
    return [answers[rank].image for rank in ranks]


def prominence(peaks: Peaks) -> Tensor:
    """(U,) The strongest peak of each unit over its mean peak; 0 for a dead unit. Units of a layer differ in scale."""
    mean = peaks.value.clamp(min=0).mean(0)
    return torch.where(peaks.alive, peaks.highest / mean.clamp(min=1e-12), torch.zeros(()))


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


def hero(material: Material, images: Sequence[int]) -> int:
    """Return which of ``images`` a whole layer is shown on: a face in the samples, elsewhere a dog.

    Without either it is the picture whose id comes first.
    """
    named = {material.images[image].id: image for image in images}
    if HERO in named:
        return named[HERO]
    dogs = {id: image for id, image in named.items() if material.images[image].label == "dog"}
    return min((dogs or named).items())[1]
