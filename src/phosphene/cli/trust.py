"""``phosphene trust``: the cards of many units, kept in the atlas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.atlas import AtlasFile
from phosphene.cli.common import AsJson, Device, DeviceName, Seed, answer, say
from phosphene.cli.network_options import NetworkName, Weights, input_size_of

if TYPE_CHECKING:
    from phosphene.evidence.filling import Measured


def trust(
    network: NetworkName,
    atlas: AtlasFile,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="The images that were scanned; needed where the atlas keeps small copies only."),
    ] = None,
    layers: Annotated[
        list[str] | None, typer.Option("--layer", "-l", help="A layer or a pattern; may be repeated.")
    ] = None,
    units: Annotated[int | None, typer.Option("--units", min=1, help="Measure so many units of each layer.")] = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Strongest pictures looked at of each unit.")] = 4,
    again: Annotated[bool, typer.Option("--again", help="Drop what was measured before.")] = False,
    weights: Weights = None,
    device: Device = DeviceName.auto,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how far the pictures of units can be trusted, and keep it in the atlas; stopped, it goes on later."""
    from phosphene.atlas.reading import open_atlas
    from phosphene.evidence.filling import trust as run
    from phosphene.memory import keep_freed_memory
    from phosphene.sources.images import images as open_images
    from phosphene.sources.networks import load

    keep_freed_memory()
    with open_atlas(atlas) as opened:
        size = input_size_of(opened)
    net = load(network, weights, input_size=size, device=device.value)
    given = open_images(images if len(images) > 1 else images[0]) if images else None
    with _display(as_json) as hear:
        new = run(
            net,
            atlas,
            images=given,
            layers=layers,
            units=units,
            examples=examples,
            seed=seed,
            again=again,
            tell=hear,
        )
    with open_atlas(atlas) as opened:
        measured, doubts = opened.query(
            "SELECT (SELECT count(*) FROM measured), count(nullif(caution, '')) FROM trust"
        ).rows[0]
    answer(
        f"{atlas}: {measured:,} units have trust rows, {new:,} of them new; {doubts:,} figures carry a caution",
        {"atlas": atlas, "units": measured, "new": new, "cautions": doubts},
        as_json,
    )


@contextmanager
def _display(as_json: bool) -> Iterator[Callable[[Measured], None]]:
    """Draw the progress; a KeyboardInterrupt says how to go on."""
    from rich.console import Console
    from rich.progress import Progress

    def line(event: Measured) -> None:
        say(json.dumps({"event": "measured", **asdict(event)}))

    try:
        if as_json:
            yield line
            return
        with Progress(console=Console(stderr=True, highlight=False)) as bar:
            task = bar.add_task("measuring")
            yield lambda event: bar.update(
                task, total=event.total, completed=event.done, description=f"measuring {event.layer}"
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; go on with the same command") from None
