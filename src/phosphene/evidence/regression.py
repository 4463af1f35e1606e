"""How much of a unit a linear regression explains, and which part of that belongs to each regressor.

A regressor's share is what R^2 gains when it comes in, averaged over all orders in which the regressors can come in
(Lindeman, Merenda & Gold 1980; the Shapley value of R^2). It is exact here: every one of the 2^F sets of regressors is
solved. Unlike slope times correlation (Pratt), such a share is never below zero, and unlike what R^2 loses when one
regressor is dropped, the shares sum to R^2 although the regressors go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np

from phosphene.arrays import Floats

RIDGE = 1e-9
"""Added to the diagonal of correlations, so that regressors that are copies of each other share evenly."""


@dataclass(frozen=True)
class Sums:
    """Sums of products of deviations from the mean, all with the same leading dimensions (...), float64.

    Attributes:
        own: (..., F, F) of the regressors.
        crossed: (..., F, U) of regressors and units.
        units: (..., U) of each unit with itself.
    """

    own: Floats
    crossed: Floats
    units: Floats

    def correlations(self) -> tuple[Floats, Floats]:
        """Return those of the regressors (..., F, F), and of regressors and units (..., F, U).

        A regressor that never changed goes with nothing; a unit that never changed is NaN.
        """
        spread = np.sqrt(np.maximum(np.diagonal(self.own, axis1=-2, axis2=-1), 0))
        spread = np.where(spread > 0, spread, np.inf)
        deviation = np.sqrt(np.where(self.units > 0, self.units, np.nan))
        own = self.own / (spread[..., :, None] * spread[..., None, :])
        crossed = self.crossed / (spread[..., :, None] * deviation[..., None, :])
        return own, crossed


@dataclass(frozen=True)
class Parts:
    """R^2 (..., U) of each unit, and each regressor's share of it (..., F, U)."""

    total: Floats
    shares: Floats


def parts(sums: Sums) -> Parts:
    """Return R^2 and its Shapley values; NaN for units that never changed."""
    own, crossed = sums.correlations()
    features = own.shape[-1]
    own = own + np.eye(features) * RIDGE
    values = np.stack([_explained(own, crossed, _members(chosen, features)) for chosen in range(2**features)])
    return Parts(values[-1], np.moveaxis(np.tensordot(_gains(features), values, 1), 0, -2))


def totals(sums: Sums) -> Floats:
    """Return R^2 alone, (..., U): one set of regressors to solve, not all."""
    own, crossed = sums.correlations()
    features = own.shape[-1]
    return _explained(own + np.eye(features) * RIDGE, crossed, list(range(features)))


@cache
def _gains(features: int) -> Floats:
    """Return what each set's R^2 counts for in each regressor's share, (F, 2^F): plus with it, minus without it."""
    found = np.zeros((features, 2**features))
    for chosen in range(2**features):
        for feature in range(features):
            inside = chosen >> feature & 1
            before = chosen.bit_count() - inside
            weight = factorial(before) * factorial(features - before - 1) / factorial(features)
            found[feature, chosen] = weight if inside else -weight
    return found


def _members(chosen: int, features: int) -> list[int]:
    return [feature for feature in range(features) if chosen >> feature & 1]


def _explained(own: Floats, crossed: Floats, members: list[int]) -> Floats:
    """Return R^2 (..., U) of the regression on some of the regressors."""
    if not members:
        return np.where(np.isnan(crossed).any(-2), np.nan, 0.0)
    some = crossed[..., members, :]
    slopes = np.linalg.solve(own[..., members, :][..., members], some)
    found: Floats = np.clip((slopes * some).sum(-2), 0, 1)
    return found
