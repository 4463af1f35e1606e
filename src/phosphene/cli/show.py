"""``phosphene show``: all units of a layer on one image, or one unit on many."""

from __future__ import annotations

from typing import Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, answer, say, warnings_said
from phosphene.cli.figure_options import Dpi, Out, Rule, RuleName, ScaleName, Theme, ThemeName, Unpool, UnpoolName
from phosphene.cli.memory import Memory, memory_bytes
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


def show(
    network: NetworkName,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, .zip files, samples.")],
    layer: Annotated[str, typer.Option("--layer", "-l", help="The layer, as 'phosphene layers' names it.")],
    out: Out,
    unit: Annotated[
        list[int] | None, typer.Option("--unit", "-u", min=0, help="A unit, from 0; may be repeated. All if left out.")
    ] = None,
    rule: Rule = RuleName.deconvnet,
    unpool: Unpool = UnpoolName.switches,
    position: Annotated[
        str, typer.Option("--position", help="What of a unit's map is sent back: map, peak, or a place Y,X.")
    ] = "map",
    scale: Annotated[
        ScaleName, typer.Option("--scale", help="Colours relative to each tile's own values, or to those of all.")
    ] = ScaleName.tile,
    columns: Annotated[int | None, typer.Option("--columns", min=1, help="Tiles or pairs side by side.")] = None,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
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
        from phosphene.sheets.show import addresses, position_of
        from phosphene.sheets.show import show as draw
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load

    ending(out)
    limit = memory_bytes(memory)
    keep_freed_memory()
    with warnings_said():
        net = load(network, weights, input_size=input_size(size), device=device.value)
        units = addresses(net, layer, unit or [])
        given = open_images(images if len(images) > 1 else images[0])
        shown = draw(net, given, units, rule.value, unpool.value, position_of(position), scale.value, columns, limit)
        shown.sheet.save(out, theme.value, dpi)
    for failure in shown.failures:
        say(f"passed over {failure.id}: {failure.reason}")
    what = {"units": shown.units, "images": shown.images, "activation": shown.activation, "passed_over": shown.failures}
    answer(str(out), {"file": out, "network": net.name, **what}, as_json)
