"""``phosphene dream``: pictures that drive a unit most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, Seed, answer, say, warnings_said
from phosphene.cli.figure_options import Dpi, Out, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep
from phosphene.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from phosphene.dream import Stepped

LINES = 16  # of progress with --json


class MethodName(StrEnum):
    """What of a picture is changed: its whole spectrum, or only the phases of it."""

    fourier = "fourier"
    maco = "maco"


def dream(
    network: NetworkName,
    units: Annotated[
        list[str],
        typer.Argument(metavar="UNIT...", help="A unit such as relu2:8, two for both together, a layer (--direction)."),
    ],
    out: Out,
    method: Annotated[
        MethodName, typer.Option("--method", help="Change the whole spectrum, or its phases alone (MACO).")
    ] = MethodName.fourier,
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many steps are taken.")] = 256,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds, from --seed on.")] = 3,
    count: Annotated[int, typer.Option("--count", min=1, help="Pictures of each seed, driven apart.")] = 1,
    position: Annotated[
        str, typer.Option("--position", help="What is raised of a unit: its map, its centre, or a place Y,X of it.")
    ] = "map",
    mix: Annotated[
        float | None, typer.Option("--mix", min=0, max=1, help="Of two units, the part of the second; else both.")
    ] = None,
    direction: Annotated[
        Path | None, typer.Option("--direction", help="A JSON file with one number for each unit of a layer.")
    ] = None,
    start: Annotated[str | None, typer.Option("--start", metavar="IMAGE", help="Begin with this picture.")] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="IMAGES", help="Take colours and spectrum from these images.")
    ] = None,
    atlas: Annotated[
        Path | None, typer.Option("--atlas", help="Compare with the real images of a scan of this network.")
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", help="Keep the pictures in the atlas, for the explorer to show.")
    ] = False,
    columns: Annotated[int | None, typer.Option("--columns", min=1, help="Pictures side by side.")] = None,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Make pictures that drive a unit most, from several seeds: where they disagree, do not trust them."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene.atlas.reading import open_atlas
        from phosphene.draw.saving import ending
        from phosphene.dream import dream as run
        from phosphene.dream.objective import position_of
        from phosphene.memory import keep_freed_memory
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load

    ending(out)
    if store and atlas is None:
        raise UsageError("--store keeps the pictures in an atlas; name it with --atlas FILE")
    keep_freed_memory()
    weighing = None if direction is None else _numbers(direction)
    place = position_of(position)
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        with nullcontext() if atlas is None else open_atlas(atlas) as opened, _display(as_json) as hear:
            made = run(
                net, units, position=place, direction=weighing, mix=mix, method=method.value, steps=steps, count=count,
                seeds=seeds, seed=seed, start=start, like=None if like is None else open_images(like), atlas=opened,
                tell=hear,
            )  # fmt: skip
        made.figure(columns).save(out, theme.value, dpi)
        kept = made.store() if store else None
    lines = [str(out), *made.sentences, *([f"Kept in {kept}."] if kept else [])]
    answer("\n".join(lines), {"file": out, "kept_in": kept, **made.told()}, as_json)


def _numbers(path: Path) -> list[float]:
    """Read a list of numbers."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, list):
            raise ValueError("no list")
        return [float(number) for number in found]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"there is no direction in {str(path)!r}; give a JSON file such as [0.5, 0, -1]") from error


@contextmanager
def _display(as_json: bool) -> Iterator[Callable[[Stepped], None]]:
    """Draw the progress on stderr: a bar with the time that is left, or lines of JSON."""

    def line(step: Stepped) -> None:
        if step.done == step.total or step.done % max(1, step.total // LINES) == 0:
            say(json.dumps({"event": "step", **asdict(step)}))

    if as_json:
        yield line
        return
    with ExitStack() as stack:
        yield _Bar(stack).hear


class _Bar:
    """A bar that appears with the first step: what is refused before leaves one sentence alone."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: Progress | None = None

    def hear(self, step: Stepped) -> None:
        """Draw one step."""
        from rich.console import Console
        from rich.progress import Progress

        if self._bar is None:
            self._bar = self._stack.enter_context(Progress(console=Console(stderr=True, highlight=False)))
            self._task = self._bar.add_task("dreaming", total=step.total)
        said = f"dreaming, activation {step.value:.3g}"
        self._bar.update(self._task, completed=step.done, description=said)
