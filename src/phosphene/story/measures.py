"""The figures that the page states: correlations, and how many directions a layer really has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.atlas.reading import Atlas
from phosphene.scan.derive import regression
from phosphene.scan.pairs import CoMoments
from phosphene.scan.summary import joint

COLOURS = ("lightness", "red-green", "blue-yellow")
_PAIRS = ("pair_count", "pair_mean", "pair_products", "seen_mean", "seen_products", "seen_unit_products")


@dataclass(frozen=True)
class Tuning:
    """How far what is plainly visible accounts for one unit's activation, position by position.

    Attributes:
        r: Pearson correlation with lightness, green to red and blue to yellow; 0 for a unit that never changes.
        colour: variance explained by the three together, 0..1.
        visible: variance explained by these, contrast and edges of four directions together.
    """

    r: tuple[float, float, float]
    colour: float
    visible: float

    @property
    def strongest(self) -> int:
        """Which of the three correlates most, by size."""
        return max(range(len(COLOURS)), key=lambda index: abs(self.r[index]))


@dataclass(frozen=True)
class Likeness:
    """How alike the units of a layer are: mean |r| of pairs, the most alike pair, and the effective dimension.

    The effective dimension is (sum of eigenvalues)² / (sum of their squares) of the correlation matrix: as many
    equally strong, unrelated units would be as varied.
    """

    mean: float
    largest: float
    pair: tuple[int, int]
    dimensions: float
    live: int


def pairs_of(atlas: Atlas, layer: str) -> CoMoments:
    """Return how a layer's units go together and with what is plainly visible: features first, then units."""
    return joint({name: atlas.array(layer, name) for name in _PAIRS})


def tuning(pairs: CoMoments, features: tuple[str, ...]) -> list[Tuning]:
    """Return the tuning of every unit; ``features`` names the first rows of ``pairs``, colours among them."""
    count = len(features)
    colours = [features.index(name) for name in COLOURS]
    kept = [*colours, *range(count, len(pairs.mean))]
    alone = CoMoments(pairs.count, pairs.mean[kept], pairs.products[np.ix_(kept, kept)])
    r = np.nan_to_num(pairs.correlation()[colours, count:])
    shares = (np.nan_to_num(regression(*each)[0]) for each in ((alone, len(colours)), (pairs, count)))
    rows = zip(r.T.tolist(), *(share.tolist() for share in shares), strict=True)
    return [Tuning((row[0], row[1], row[2]), colour, visible) for row, colour, visible in rows]


def likeness(r: Floats) -> Likeness | None:
    """Compare the units of a layer from their correlations (U, U); None where fewer than two of them ever change."""
    live = np.flatnonzero(~np.isnan(np.diag(r)))
    if len(live) < 2:
        return None
    r = r[np.ix_(live, live)]
    size = np.abs(r) - np.eye(len(live))
    first, second = divmod(int(size.argmax()), len(live))
    return Likeness(
        mean=float(size.sum() / (len(live) * (len(live) - 1))),
        largest=float(r[first, second]),
        pair=(int(live[first]), int(live[second])),
        dimensions=float(len(live) ** 2 / (r**2).sum()),
        live=len(live),
    )


def agreement(a: Tensor, b: Tensor) -> Tensor:
    """Return Pearson's r of each picture of ``a`` (K, ...) with its fellow in ``b``; NaN where one is empty."""
    left, right = (_flat(values) for values in (a, b))
    return (left * right).sum(1)


def between(pictures: Tensor) -> Tensor:
    """Return Pearson's r of every two of the pictures (K, ...) that show something: (pairs,)."""
    flat = _flat(pictures)
    flat = flat[flat.isfinite().all(1)]
    first, second = torch.triu_indices(len(flat), len(flat), 1)
    return (flat @ flat.T)[first, second]


def _flat(pictures: Tensor) -> Tensor:
    """Return rows of mean 0 and length 1; NaN for a picture that shows nothing."""
    flat = pictures.flatten(1).double()
    centred = flat - flat.mean(1, keepdim=True)
    length = centred.norm(dim=1, keepdim=True)
    return centred / torch.where(length > 0, length, torch.nan)


def smoothness(filters: Tensor) -> float:
    """Return the mean over filters (K, C, h, w) of Pearson's r between weights and their right and lower neighbours."""
    pairs = ((filters[..., :-1], filters[..., 1:]), (filters[..., :-1, :], filters[..., 1:, :]))
    return float(torch.cat([agreement(one, other) for one, other in pairs]).nanmean())
