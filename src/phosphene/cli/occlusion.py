"""``phosphene occlusion``: a square slid over a picture, and what it does to class and map."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, warnings_said
from phosphene.cli.figure_options import Dpi, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


class FillName(StrEnum):
    """What the square shows."""

    grey = "grey"
    mean = "mean"
    blurred = "blurred"


def occlusion(
    network: NetworkName,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture.")],
    out: Figure = None,
    label: Annotated[
        str | None,
        typer.Option("--label", help="Its true class, by name or number; the picture's folder or name may tell it."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", "-u", help="A layer, whose strongest map is followed, or a unit of it.")
    ] = None,
    side: Annotated[
        int | None, typer.Option("--side", min=1, help="Pixels of the square's side; a quarter of the picture's.")
    ] = None,
    stride: Annotated[
        int | None, typer.Option("--stride", min=1, help="Pixels between its places; a 28th of the picture's side.")
    ] = None,
    fill: Annotated[
        FillName, typer.Option("--fill", help="What it shows: grey, the picture's mean colour, the picture blurred.")
    ] = FillName.grey,
    coarse: Annotated[
        bool, typer.Option("--coarse", help="Look closely only where that tells more; interpolate the rest.")
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="With --coarse: how far off an interpolated place may be.")
    ] = 0.05,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Slide a grey square over a picture: its class, the answer, and the strongest map of a layer (figure 7)."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene import paper
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.sources.networks import load

    if out is not None:
        ending(out)
    keep_freed_memory()
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        found = paper.occlusion(
            net, image, label=label, unit=unit, side=side, stride=stride, fill=fill.value, coarse=coarse,
            tolerance=tolerance, tell=Told("occlusion: places", as_json),
        )  # fmt: skip
        if out is not None:
            found.save(out, theme.value, dpi)
    told(found, as_json, file=out)
