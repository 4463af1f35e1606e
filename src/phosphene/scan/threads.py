"""numba's threads: as many as PyTorch's, whose own number stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numba
import torch


def as_many_as_torch(loop: Callable[..., None]) -> Callable[..., None]:
    """Run a parallel loop on as many threads as PyTorch uses (`torch.set_num_threads`).

    When numba starts its threads it may set OpenMP's number for the whole process, which is also PyTorch's: where the
    user had chosen fewer, everything after it would run on all of them.
    """

    @wraps(loop)
    def run(*arguments: Any) -> None:
        threads = torch.get_num_threads()
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        loop(*arguments)

    return run
