"""Intervals by the bootstrap: the figure again and again, each time from as many images drawn with replacement.

Efron & Tibshirani, "An introduction to the bootstrap" (1993), percentile intervals. An image is drawn with everything
measured in it, for positions of one image are no independent observations. Instead of the images the number of times
that each was drawn is kept, so that a figure that is made of sums over images is one product of matrices.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from phosphene.arrays import Floats
from phosphene.evidence.finding import Interval

DRAWS = 400
LEVEL = 0.95


@lru_cache(maxsize=4)  # a card or a figure asks for the same draws again and again; they can take 13 MB each
def weights(images: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return how often each image was drawn, (draws, images) float64, read-only; every row sums to ``images``."""
    chance = np.full(images, 1 / max(images, 1))
    drawn = np.random.default_rng(seed).multinomial(images, chance, draws).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def interval(figures: Floats, level: float = LEVEL) -> Interval | None:
    """Return where the middle ``level`` of resampled ``figures`` (draws,) lies; None if none of them is finite."""
    finite = figures[np.isfinite(figures)]
    if not len(finite):
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def mean_interval(values: Floats, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Interval | None:
    """Return the interval of the mean of ``values`` (images,); those that are not finite count as not measured.

    None where fewer than two are left: one image tells nothing about others.
    """
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if len(finite) < 2:
        return None
    return interval(weights(len(finite), draws, seed) @ finite / len(finite), level)
