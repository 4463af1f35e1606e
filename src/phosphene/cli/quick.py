"""What makes commands of a few seconds quick: how their threads wait, and how they import."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


def let_waiting_threads_sleep() -> None:
    """Let OpenMP's threads sleep while they wait, unless the user has chosen (``OMP_WAIT_POLICY``).

    By default they keep a core busy with waiting. Where other programs run as well, that core is the one on which the
    thread they wait for would have run: commands of a few seconds took twice as long. Call it before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage while modules are imported: there is little, and looking is a fifth of torch's import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
