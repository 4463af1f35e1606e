"""Scans in processes of their own, which end without a word at a moment that is given, as in a power cut.

They are forked from a server that has imported everything and computed nothing: each begins at once, and as a new
process does.
"""

from __future__ import annotations

import multiprocessing
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

from phosphene.scan import run
from tests.scan.brute import network

SHARD = 8
BATCH = 4
LAYERS = ["relu", "conv2"]
Event = run.Progress | run.Finishing

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


@dataclass
class End:
    """So many seconds after so many events the system ends the process, whatever it is doing."""

    events: int
    seconds: float

    def heard(self) -> None:
        """Count an event."""
        self.events -= 1
        if self.events == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # no handler runs: the process is gone
            signal.setitimer(signal.ITIMER_REAL, max(self.seconds, 1e-6))


def scanned(folder: Path, out: Path, end: End | None = None) -> tuple[bool, list[Event]]:
    """Scan, or go on with a scan; whether it came to its end, and what it told."""
    heard, said = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_scan, args=(str(folder), str(out), out.exists(), said, end))
    process.start()
    said.close()
    events = list(_all(heard))
    process.join()
    assert process.exitcode in (0, -signal.SIGALRM)
    return process.exitcode == 0, events


def _all(heard: Connection):
    try:
        while True:
            yield heard.recv()
    except EOFError:
        pass


def _scan(folder: str, out: str, resume: bool, said: Connection, end: End | None) -> None:
    def tell(event: Event) -> None:
        said.send(event)
        if end is not None:
            end.heard()

    with patch.object(run, "SHARD", SHARD):
        run.scan(network(), folder, out, LAYERS, top=5, sample=16, batch=BATCH, resume=resume, tell=tell).close()
