"""Signs of changes, and how far they agree between pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence import bootstrap
from phosphene.evidence.finding import Interval
from phosphene.evidence.measured import mean

Signs = npt.NDArray[np.int8]
_ROUNDING = 1e-5
"""Of a layer's largest value: a smaller change is none, for the order of sums differs from run to run."""


def signs(before: Tensor, after: Tensor) -> Signs:
    """Return the signs of ``before - after``, (F,) each as a vector: -1, 0 or 1."""
    change = (before - after).flatten()
    none = change.abs() <= _ROUNDING * before.abs().max()
    found: Signs = torch.where(none, 0.0, change).sign().to(torch.int8).cpu().numpy()
    return found


def distances(each: Signs) -> Floats:
    """Return the Hamming distance of every two of n vectors of signs (n, F), as a share of F: (n, n), diagonal 0."""
    count = each.shape[1]
    agreeing = sum(_both(each == value) for value in (-1, 0, 1))
    found: Floats = 1 - np.asarray(agreeing) / count
    return found


def beyond_chance(each: Signs) -> Floats:
    """Return how much more every two of n vectors of signs (n, F) agree than their shares of -1, 0, 1 make them.

    1 - H / E, E the distance that two vectors with these shares have in the mean if one is shuffled (Cohen 1960): 1 for
    the same signs, 0 for what chance gives. Boxes that change little have low distances for that reason alone; this
    does not mind. (n, n); NaN where E is 0.
    """
    shares = np.stack([(each == value).mean(1) for value in (-1, 0, 1)])
    expected = 1 - shares.T @ shares
    found: Floats = 1 - distances(each) / np.where(expected > 0, expected, np.nan)
    return found


def _both(is_it: npt.NDArray[np.bool_]) -> Floats:
    values = is_it.astype(np.float64)
    found: Floats = values @ values.T
    return found


def mean_of_pairs(between: Floats) -> float:
    """Return the mean over pairs i != j of (n, n); NaN for fewer than two pictures."""
    count = len(between)
    return mean(between[~np.eye(count, dtype=bool)])


def interval_of_pairs(between: Floats, draws: int = bootstrap.DRAWS) -> Interval | None:
    """Return the interval of the mean over pairs, by the bootstrap over pictures; None for fewer than three.

    A picture that is drawn twice makes no pair with itself: it would agree by being the same.
    """
    count = len(between)
    if count < 3:
        return None
    times = bootstrap.weights(count, draws)
    off = np.where(np.eye(count) > 0, 0, between)
    pairs = times.sum(1) ** 2 - (times**2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return bootstrap.interval(np.einsum("di,ij,dj->d", times, off, times) / pairs)
