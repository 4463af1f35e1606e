"""The progress of a training on stderr: a bar with loss, test accuracy and the time that is left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from phosphene.training import Begun, Download, EpochDone, Event
from phosphene.training import Progress as Step


class Display:
    """Hears a training's events and draws them; a line per epoch stays."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]}  test {task.fields[accuracy]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self._console,
        )
        self._fetching: TaskID | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Display:
        self._console.print("Reading the pictures into memory …")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def hear(self, event: Event) -> None:
        """Draw one event."""
        match event:
            case Download():
                self._download(event)
            case Begun():
                self._begin(event)
            case Step():
                self._step(event)
            case EpochDone():
                self._epoch(event)

    def _download(self, event: Download) -> None:
        if self._fetching is None:
            self._fetching = self._bar.add_task("fetching CIFAR-10", loss="–", accuracy="–")
            self._bar.start()
        self._bar.update(self._fetching, total=event.total or None, completed=event.done)

    def _begin(self, event: Begun) -> None:
        if event.passed_over:
            few = ", ".join(event.passed_over[:3]) + (" …" if len(event.passed_over) > 3 else "")
            self._console.print(
                f"{len(event.passed_over)} pictures cannot be read and are left out: {few}", markup=False
            )
        precision = "bfloat16" if event.bfloat16 else "float32 (no fast bfloat16 here)"
        self._console.print(
            f"{event.train_images:,} pictures to learn from, {event.test_images:,} to test on, "
            f"{len(event.classes)} classes; on {event.device} in {precision}",
            markup=False,
        )
        if event.done:
            self._console.print(f"going on after epoch {event.done} of {event.epochs}")
        if self._fetching is not None:
            self._bar.remove_task(self._fetching)
        self._task = self._bar.add_task(
            "starting", total=event.steps, completed=event.steps_done, loss="–", accuracy="–"
        )
        self._bar.start()

    def _step(self, event: Step) -> None:
        assert self._task is not None
        self._bar.update(
            self._task,
            completed=event.step,
            description=f"epoch {event.epoch}/{event.epochs}",
            loss=f"{event.loss:.3f}",
        )

    def _epoch(self, event: EpochDone) -> None:
        assert self._task is not None
        epoch = event.epoch
        self._bar.update(self._task, accuracy=f"{epoch.accuracy:.2%}")
        self._console.print(
            f"epoch {epoch.number}/{event.epochs}: loss {epoch.loss:.3f}, test accuracy {epoch.accuracy:.2%}, "
            f"{epoch.seconds:.0f} s; about {_duration(event.remaining)} left"
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
