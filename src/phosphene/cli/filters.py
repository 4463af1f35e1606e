"""``phosphene filters``: dead, too large, duplicate and aliasing filters of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, warnings_said
from phosphene.cli.figure_options import Dpi, ScaleName, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


def filters(
    network: NetworkName,
    out: Figure = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw a row of figures for every layer: .png, .svg or .pdf."),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="On which filters are dead, or alias; samples that come along if left out."),
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", "-l", help="A convolution; may be repeated. All if left out.")
    ] = None,
    radius: Annotated[
        float, typer.Option("--radius", help="RMS of weights beyond which a filter is too large; the paper's is 0.1.")
    ] = 0.1,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Look at so many pictures at most.")] = 32,
    scale: Annotated[
        ScaleName, typer.Option("--scale", help="Colours relative to each filter's own weights, or to those of all.")
    ] = ScaleName.shared,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Say which filters are dead, too large, duplicates, or alias; draw those of the first layer (figure 6)."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene import paper
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load

    for path in filter(None, (out, plot)):
        ending(path)
    keep_freed_memory()
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        given = open_images(images or "samples")
        found = paper.filters(
            net, given, layers=layer or None, radius=radius, limit=limit, tell=Told("filters: pictures", as_json)
        )
        if plot is not None:
            found.plot().save(plot, theme.value, dpi)
        if out is not None:
            found.figure(scale.value).save(out, theme.value, dpi)
    told(found, as_json, file=out, plot=plot)
