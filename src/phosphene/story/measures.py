"""The figures that the page states: correlations, and how many directions a layer really has."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.story.samples import COLOURS, Samples


def correlations(a: Tensor, b: Tensor) -> Tensor:
    """Return Pearson's r of every column of ``a`` (P, K) with every column of ``b`` (P, L): (K, L); constant: 0."""
    left, right = (_standardised(values.double()) for values in (a, b))
    return left.T @ right


def _standardised(values: Tensor) -> Tensor:
    centred = values - values.mean(0)
    length = centred.norm(dim=0)
    return centred / torch.where(length > 1e-9 * values.norm(dim=0).clamp(min=1e-30), length, torch.inf)


def explained(activation: Tensor, colour: Tensor) -> Tensor:
    """Return the share of each unit's variance that a linear regression on ``colour`` (P, 3) explains: (U,)."""
    target, known = _standardised(activation.double()), _standardised(colour.double())
    fitted = known @ torch.linalg.lstsq(known, target, driver="gelsd").solution
    shares: Tensor = (fitted**2).sum(0)
    return shares


@dataclass(frozen=True)
class Tuning:
    """How far plain colour accounts for one unit's activation, position by position.

    Attributes:
        r: Pearson correlation with lightness, green-red and blue-yellow.
        share: variance explained by the three together, 0..1.
    """

    r: tuple[float, float, float]
    share: float

    @property
    def strongest(self) -> int:
        """Which of the three correlates most, by size."""
        return max(range(len(COLOURS)), key=lambda index: abs(self.r[index]))


def tuning(samples: Samples) -> list[Tuning]:
    """Return the colour tuning of every unit of a layer."""
    r = correlations(samples.activation, samples.colour).tolist()
    shares = explained(samples.activation, samples.colour).tolist()
    return [Tuning((row[0], row[1], row[2]), share) for row, share in zip(r, shares, strict=True)]


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


def likeness(activation: Tensor) -> Likeness:
    """Compare the live units of a layer from (P, U) activations; there must be two of them."""
    live = (activation.std(0) > 0).nonzero()[:, 0]
    r = correlations(activation[:, live], activation[:, live])
    size = r.abs().fill_diagonal_(0)
    first, second = divmod(int(size.argmax()), len(live))
    pairs = len(live) * (len(live) - 1)
    return Likeness(
        mean=float(size.sum() / pairs),
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
