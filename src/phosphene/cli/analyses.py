"""What the commands of the paper's figures share: their figure, their progress, their answer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import answer, say

if TYPE_CHECKING:
    from phosphene.paper.analysis import Analysis

Figure = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Draw it: .png, .svg or .pdf.", show_default=False)
]
EVERY = 2.0
"""Seconds between two lines of progress."""


class Told:
    """Says how far a work has come, on stderr; short works say nothing."""

    def __init__(self, what: str, as_json: bool) -> None:
        self._what = what
        self._as_json = as_json
        self._began = self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` are done."""
        now = time.monotonic()
        if now - self._said < EVERY:
            return
        self._said = now
        left = (now - self._began) / done * (total - done) if done else float("nan")
        if self._as_json:
            event = {"event": "progress", "what": self._what, "done": done, "total": total, "seconds_left": left}
            say(json.dumps(event))
        else:
            say(f"{self._what} {done:,} of {total:,}, {left:.0f} s left")


def told(found: Analysis, as_json: bool, **files: Path | None) -> None:
    """Answer with an analysis's findings and the files it was drawn into, or with all its numbers as JSON."""
    text = "\n".join([str(found), *(str(path) for path in files.values() if path is not None)])
    answer(text, {**files, **found.numbers, "findings": found.findings}, as_json)
