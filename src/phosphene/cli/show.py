"""``phosphene show``: all units of a layer on one image, or one unit on many."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, answer, say
from phosphene.cli.memory import Memory, memory_bytes
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


class RuleName(StrEnum):
    """How operations send a signal back."""

    deconvnet = "deconvnet"
    guided = "guided"
    gradient = "gradient"


class UnpoolName(StrEnum):
    """How max-pooling sends it back."""

    switches = "switches"
    fill = "fill"


class ScaleName(StrEnum):
    """What the colours of a tile are relative to."""

    tile = "tile"
    shared = "shared"


class ThemeName(StrEnum):
    """The ground a figure is drawn on."""

    light = "light"
    dark = "dark"


def show(
    network: NetworkName,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, .zip files, samples.")],
    layer: Annotated[str, typer.Option("--layer", "-l", help="The layer, as 'phosphene layers' names it.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The figure: .png, .svg or .pdf.")],
    unit: Annotated[
        list[int] | None, typer.Option("--unit", "-u", min=0, help="A unit, from 0; may be repeated. All if left out.")
    ] = None,
    rule: Annotated[RuleName, typer.Option("--rule", help="How operations send a unit back.")] = RuleName.deconvnet,
    unpool: Annotated[
        UnpoolName, typer.Option("--unpool", help="How max-pooling does: to recorded places, or to whole windows.")
    ] = UnpoolName.switches,
    position: Annotated[
        str, typer.Option("--position", help="What of a unit's map is sent back: map, peak, or a place Y,X.")
    ] = "map",
    scale: Annotated[
        ScaleName, typer.Option("--scale", help="Colours relative to each tile's own maximum, or to that of all.")
    ] = ScaleName.tile,
    columns: Annotated[int | None, typer.Option("--columns", min=1, help="Tiles or pairs side by side.")] = None,
    dpi: Annotated[int, typer.Option("--dpi", min=36, max=1200, help="Pixels an inch.")] = 150,
    theme: Annotated[ThemeName, typer.Option("--theme", help="The figure's ground.")] = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    memory: Memory = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Show what units look for: all of a layer on one image, one on many images, or several on several."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load
        from phosphene.story.show import addresses, position_of
        from phosphene.story.show import show as draw

    ending(out)
    limit = memory_bytes(memory)
    keep_freed_memory()
    with _warnings_said():
        net = load(network, weights, input_size=input_size(size), device=device.value)
        units = addresses(net, layer, unit or [])
        given = open_images(images if len(images) > 1 else images[0])
        shown = draw(net, given, units, rule.value, unpool.value, position_of(position), scale.value, columns, limit)
        shown.sheet.save(out, theme.value, dpi)
    for failure in shown.failures:
        say(f"passed over {failure.id}: {failure.reason}")
    what = {"units": shown.units, "images": shown.images, "activation": shown.activation, "passed_over": shown.failures}
    answer(str(out), {"file": out, "network": net.name, **what}, as_json)


@contextmanager
def _warnings_said() -> Iterator[None]:
    """Say warnings as sentences, without the line of code that raised them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        yield
    for each in caught:
        say(f"note: {each.message}")
