"""Writers that are killed, and connections that fail, at a chosen moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def drive(module: str, path: Path, stop: Callable[[list[str]], bool], delay: float = 0.0) -> tuple[list[str], bool]:
    """Run a module on a file; kill it ``delay`` seconds after what it said makes ``stop`` true.

    Returns:
        All it said, and whether it was killed.
    """
    command = [sys.executable, "-m", module, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if stop(said):
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            break
    said += process.stdout.read().split("\n")
    return said, process.wait() == -signal.SIGKILL


def in_a_child(action: Callable[[], None]) -> str:
    """Run in a forked process; return the text of the PhospheneError that it ends with."""
    here, there = os.pipe()
    if not (child := os.fork()):
        said = "nothing was raised"
        try:
            action()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(there, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(there)
    with os.fdopen(here) as pipe:
        return pipe.read()


class Failing(sqlite3.Connection):
    """Fails at the k-th statement after it was told to, and remembers those that it let pass."""

    left = -1
    passed: tuple[str, ...] = ()

    def _count(self, sql: str) -> None:
        self.left -= 1
        self.passed += (sql,) if self.left > 0 else ()
        if self.left == 0:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_WRITE"
            raise error

    def execute(self, sql, *values):
        self._count(sql)
        return super().execute(sql, *values)

    def executemany(self, sql, rows):
        self._count(sql)
        return super().executemany(sql, rows)


def failing(monkeypatch) -> None:
    """Make every connection a `Failing` one, until the patches are undone."""
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, **(k | {"factory": Failing})))
