"""``phosphene top``: figure 2 of the paper for units of an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, answer
from phosphene.cli.figure_options import Dpi, Out, Rule, RuleName, Theme, ThemeName, Unpool, UnpoolName
from phosphene.cli.network_options import Weights, input_size_of


def top(
    atlas: Annotated[Path, typer.Argument(help="A file that 'phosphene scan' wrote.")],
    units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="Units such as relu2:8, or whole layers.")],
    out: Out,
    network: Annotated[
        str | None, typer.Option("--network", help="The network that was scanned: adds the projections.")
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="The images that were scanned; needed where the atlas keeps small copies only."),
    ] = None,
    rule: Rule = RuleName.deconvnet,
    unpool: Unpool = UnpoolName.switches,
    columns: Annotated[int | None, typer.Option("--columns", min=1, help="Units side by side.")] = None,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Show the pictures that drive units most, and typical ones, beside what the units look like in them."""
    from phosphene.atlas.reading import open_atlas
    from phosphene.draw.saving import ending
    from phosphene.scan.identity import same_network
    from phosphene.sheets.top import Projecting, top_sheet
    from phosphene.sources.images import images as open_images
    from phosphene.sources.networks import load

    ending(out)
    with open_atlas(atlas) as opened:
        found = [opened[address] for address in units]
        chosen = [unit for one in found for unit in (one if isinstance(one, tuple) else (one,))]
        projecting = None
        if network is not None:
            net = load(network, weights, input_size=input_size_of(opened), device=device.value)
            same_network(net, opened.manifest)
            given = open_images(images if len(images) > 1 else images[0]) if images else None
            projecting = Projecting(net, given, rule.value, unpool.value)
        top_sheet(opened, chosen, projecting, columns).save(out, theme.value, dpi)
    answer(str(out), {"file": out, "units": [str(unit) for unit in chosen]}, as_json)
