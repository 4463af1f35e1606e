"""Agreement in rank: whether two measurements order the same things alike."""

from __future__ import annotations

import numpy as np

from phosphene.arrays import Floats


def spearman(a: Floats, b: Floats) -> Floats:
    """Return Spearman's rank correlation of each row of ``a`` (..., K) with its fellow in ``b``: (...).

    Ties share their mean rank. NaN where a row is constant or holds something that is not finite.
    """
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    finite = np.isfinite(a).all(-1, keepdims=True) & np.isfinite(b).all(-1, keepdims=True)
    left, right = (_standardised(np.where(finite, values, 0.0)) for values in (a, b))
    rho: Floats = (left * right).sum(-1)
    return rho


def _standardised(values: Floats) -> Floats:
    from scipy.stats import rankdata  # type: ignore[import-untyped]  # slow to import, and much imports this file

    ranks = rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2
    length = np.sqrt((ranks**2).sum(-1, keepdims=True))
    found: Floats = ranks / np.where(length > 0, length, np.nan)
    return found
