"""Choices that depend on a picture's name alone, so that they are the same however a scan was cut up."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def hash_of(name: str) -> int:
    """Return a number from 0 to 2**64 - 1 that stands for a picture's name (BLAKE2b)."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "little")


def positions(hashes: NDArray[np.uint64], count: int, cells: int) -> NDArray[np.int64]:
    """Draw ``count`` of ``cells`` positions for each picture, all different, (N, min(count, cells)).

    A picture's hash gives where to begin and how far to step (a number without a common factor), so neighbouring draws
    spread over the plane (a Kronecker sequence on the grid).
    """
    count = min(count, cells)
    start = (hashes % np.uint64(cells)).astype(np.int64)
    step = _steps(cells)[((hashes >> np.uint64(32)) % np.uint64(len(_steps(cells)))).astype(np.int64)]
    drawn: NDArray[np.int64] = (start[:, None] + step[:, None] * np.arange(count)) % cells
    return drawn


@lru_cache(maxsize=256)
def _steps(cells: int) -> NDArray[np.int64]:
    """Return the steps that visit every cell: at least a third of the plane where there are such."""
    every = np.arange(1, cells + 1)
    good: NDArray[np.int64] = every[np.gcd(every, cells) == 1]
    wide: NDArray[np.int64] = good[(good >= cells // 3) & (good <= cells - cells // 3)]
    return wide if len(wide) else good
