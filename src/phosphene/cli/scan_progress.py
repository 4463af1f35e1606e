"""The progress of a scan on stderr: a bar for people, a line of JSON for each event with ``--json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from phosphene.cli.common import say
from phosphene.scan.run import Finishing, Progress

Hear = Callable[[Progress | Finishing], None]


@contextmanager
def display(out: Path, as_json: bool) -> Iterator[Hear]:
    """Draw the events of a scan; a KeyboardInterrupt says how to go on."""
    try:
        if as_json:
            yield _line
        else:
            with _bar() as bar:
                yield _Drawing(bar).hear
    except KeyboardInterrupt:
        how = "go on with the same command and --resume" if out.exists() else "nothing is kept yet"
        raise KeyboardInterrupt(f"stopped; {how}") from None


def _line(event: Progress | Finishing) -> None:
    say(json.dumps({"event": type(event).__name__.lower(), **asdict(event)}))


def _bar() -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        console=Console(stderr=True, highlight=False),
    )


class _Drawing:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._scanning: TaskID | None = None
        self._finishing: TaskID | None = None

    def hear(self, event: Progress | Finishing) -> None:
        """Draw one event."""
        if isinstance(event, Progress):
            if self._scanning is None:
                self._scanning = self._bar.add_task("scanning", said="")
            failed = f", {event.failed} passed over" if event.failed else ""
            said = f"{event.rate:,.0f} pictures/s, {event.dead} of {event.units:,} units silent so far{failed}"
            self._bar.update(self._scanning, total=event.total, completed=event.done, said=said)
            return
        if self._finishing is None:
            self._finishing = self._bar.add_task("keeping examples", said="")
        self._bar.update(self._finishing, total=event.total, completed=event.thumbnails)
