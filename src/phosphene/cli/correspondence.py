"""``phosphene correspondence``: do features answer alike when the same part is hidden in different pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, Seed, warnings_said
from phosphene.cli.figure_options import Dpi, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


def correspondence(
    network: NetworkName,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Pictures: a folder, or a .zip.")],
    parts: Annotated[
        Path,
        typer.Option("--parts", metavar="FILE.json", help='Boxes: {"dog.jpg": {"nose": [x0, y0, x1, y1], ...}, ...}.'),
    ],
    out: Figure = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="Only this part; may be repeated. All if left out.")
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", "-l", help="May be repeated. The last convolution and the last hidden if left out."),
    ] = None,
    pooled: Annotated[
        bool, typer.Option("--pooled", help="A feature is a map's mean, wherever it is, and not each of its values.")
    ] = False,
    draws: Annotated[int, typer.Option("--draws", min=1, help="So many times random boxes are drawn.")] = 40,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Hide the same part in every picture: do features change alike, more than for random boxes (table 1)."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene import paper
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load

    if out is not None:
        ending(out)
    keep_freed_memory()
    boxes = paper.read_parts(parts)
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        found = paper.correspondence(
            net, open_images(folder), boxes, names=part or None, layers=layer or None, pooled=pooled, draws=draws,
            seed=seed, tell=Told("correspondence: pictures", as_json),
        )  # fmt: skip
        if out is not None:
            found.save(out, theme.value, dpi)
    told(found, as_json, file=out)
