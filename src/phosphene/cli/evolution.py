"""``phosphene evolution``: what units look for at every moment of a training."""

from __future__ import annotations

from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, warnings_said
from phosphene.cli.figure_options import Dpi, Rule, RuleName, Theme, ThemeName, Unpool, UnpoolName
from phosphene.cli.network_options import InputSize, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


def evolution(
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK]...",
            help="In the training's order: files of 'phosphene train', or one network and several --weights. The eight "
            "checkpoints of cifar that come along if left out.",
            show_default=False,
        ),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="A folder, .zip, cifar10, samples; may be repeated. samples:32 if left out."),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", "-u", help="A unit or a layer; may be repeated. All convolutions' if left out."),
    ] = None,
    out: Figure = None,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weights", help="Of one moment; may be repeated, in order. Or a folder that was recorded."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=2, help="Look at so many pictures at most.")] = 2000,
    drawn: Annotated[int, typer.Option("--drawn", min=1, help="Draw so many units of a layer.")] = 6,
    rule: Rule = RuleName.deconvnet,
    unpool: Unpool = UnpoolName.switches,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Follow units through a training: strongest picture, projection, jumps, selectivity (figure 4)."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene import paper
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.paper.evolution_moments import moments_of
        from phosphene.sources.images import images as open_images

    if out is not None:
        ending(out)
    keep_freed_memory()
    with warnings_said(as_json):
        found = paper.evolution(
            moments_of(networks or (), weights or (), input_size(size), device.value),
            open_images(images or "samples:32"), unit or None, limit=limit, drawn=drawn, rule=rule.value,
            unpool=unpool.value, tell=Told("evolution: pictures", as_json),
        )  # fmt: skip
        if out is not None:
            found.save(out, theme.value, dpi)
    told(found, as_json, file=out)
