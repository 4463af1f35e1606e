"""The progress of a work of several steps, as lines on stderr."""

from __future__ import annotations

from time import monotonic

from phosphene.cli.common import say

EVERY = 2.0  # seconds between two lines of progress on one step


class Steps:
    """Says on stderr which step is under way, and of a long one how far it is and how long it will still take."""

    def __init__(self) -> None:
        self._step, self._began, self._said = "", 0.0, 0.0

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Report a step, and how much of it is done."""
        now = monotonic()
        if step != self._step:
            self._step, self._began, self._said = step, now, now
            say(f"{step} …")
        elif done and now - self._said >= EVERY:
            self._said = now
            left = (now - self._began) * (total - done) / done
            say(f"  {done:,} of {total:,}, {left:.0f} s left")
