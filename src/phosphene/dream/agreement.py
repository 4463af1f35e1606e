"""Whether pictures that began at different seeds show the same thing: to the eye, and to the layer.

A picture that drives a unit is one of many. Where another seed ends somewhere else, neither says what the unit is for;
and two pictures that share no pixel can still show the same thing in other places, which the layer itself can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import isfinite

import torch
from torch import Tensor

from phosphene.evidence.similarity import ssim

CLOSE = 0.5  # of the way from pictures of chance to the same picture, below which seeds are said to disagree


@dataclass(frozen=True)
class Agreement:
    """How alike the pictures of different seeds are; all NaN with one seed.

    Each picture is compared with the one of every other seed that is most like it, and the mean is taken.

    Attributes:
        pixels: Pearson's correlation of their values.
        structure: their structural similarity (Wang et al. 2004).
        layer: Pearson's correlation of what the layer's other units answer, each unit's mean over the map.
        chance: the same of these pictures with pictures of random phases, which show nothing.
    """

    pixels: float
    structure: float
    layer: float
    chance: float

    @property
    def sentence(self) -> str:
        """The figures in words."""
        if not isfinite(self.pixels):
            return ""
        layer = f" To the layer's other units they are {self.layer:.2f} alike" if isfinite(self.layer) else ""
        than = f", pictures of chance {self.chance:.2f}." if layer and isfinite(self.chance) else layer and "."
        return f"Between seeds: correlation of pixels {self.pixels:.2f}, structure {self.structure:.2f}.{layer}{than}"

    @property
    def caution(self) -> str:
        """What to beware of; empty where there is nothing."""
        if not isfinite(self.pixels):
            return "one seed only: another may show something else"
        if not isfinite(self.layer):
            return ""
        closer = (self.layer - self.chance) / (1 - self.chance) if isfinite(self.chance) else self.layer
        return "" if closer >= CLOSE else "the seeds show different things: none of them alone is what the unit is for"


def agreement(pictures: Tensor, answers: Tensor, chance: Tensor) -> Agreement:
    """Compare pictures (seeds, count, C, H, W), with the layer's ``answers`` to them (seeds, count, units).

    ``chance`` (K, units) is what the layer answers to pictures that show nothing.
    """
    if len(pictures) < 2:
        return Agreement(*[float("nan")] * 4)
    flat = pictures.flatten(2)
    return Agreement(
        pixels=_between_seeds(flat),
        structure=_structure(pictures),
        layer=_between_seeds(answers),
        chance=float(correlations(answers.flatten(0, 1), chance).mean()),
    )


def correlations(a: Tensor, b: Tensor) -> Tensor:
    """Return Pearson's correlation of each row of ``a`` (M, K) with each of ``b`` (N, K): (M, N); NaN of a constant."""
    left, right = (rows.double() - rows.double().mean(1, keepdim=True) for rows in (a, b))
    lengths = left.norm(dim=1)[:, None] * right.norm(dim=1)
    return (left @ right.T) / torch.where(lengths > 0, lengths, torch.nan)


def _between_seeds(rows: Tensor) -> float:
    """Return the mean over each two seeds of ``rows`` (seeds, count, K) of the correlation with the row most alike."""
    found = [correlations(rows[a], rows[b]).amax(1).mean() for a, b in permutations(range(len(rows)), 2)]
    return float(torch.stack(found).mean())


def _structure(pictures: Tensor) -> float:
    signed = 2 * pictures - 1
    height, width = pictures.shape[-2:]
    found = []
    for a, b in permutations(range(len(pictures)), 2):
        pairs = [(one, other) for one in signed[a] for other in signed[b]]
        left, right = (torch.stack(side) for side in zip(*pairs, strict=True))
        where = torch.tensor([[0, 0, height, width]]).expand(len(pairs), 4)
        found.append(ssim(left, right, where).reshape(len(signed[a]), -1).amax(1).mean())
    return float(torch.stack(found).mean())
