"""How a command's threads wait for one another."""

from __future__ import annotations

import os


def let_waiting_threads_sleep() -> None:
    """Let OpenMP's threads sleep while they wait, unless the user has chosen (``OMP_WAIT_POLICY``).

    By default they keep a core busy with waiting. Where other programs run as well, that core is the one on which the
    thread they wait for would have run: commands of a few seconds took twice as long. Call it before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
