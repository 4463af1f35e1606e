"""``phosphene invariance``: what moving, enlarging and turning pictures does to features and answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, warnings_said
from phosphene.cli.figure_options import Dpi, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


class ChangeName(StrEnum):
    """Changes of a picture."""

    translation = "translation"
    scale = "scale"
    rotation = "rotation"
    brightness = "brightness"
    contrast = "contrast"
    blur = "blur"


def invariance(
    network: NetworkName,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, .zip files, samples.")],
    out: Figure = None,
    change: Annotated[
        list[ChangeName] | None,
        typer.Option(
            "--change", "-c", help="May be repeated. Translation, scale and rotation, the paper's, if left out."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", "-l", help="Whose features; may be repeated. The first and the last hidden if left out."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="A true class for each picture, in order; folders or file names may tell it."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Look at so many pictures at most.")] = 32,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Say how far features and answer move when pictures are moved, enlarged, turned (figure 5)."""
    let_waiting_threads_sleep()
    with importing():
        from phosphene import paper
        from phosphene.draw.saving import ending
        from phosphene.memory import keep_freed_memory
        from phosphene.paper.invariance_changes import PAPERS
        from phosphene.sources.images import images as open_images
        from phosphene.sources.networks import load

    if out is not None:
        ending(out)
    keep_freed_memory()
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        found = paper.invariance(
            net, open_images(images if len(images) > 1 else images[0]),
            changed=[each.value for each in change] if change else PAPERS, layers=layer or None, labels=label or None,
            limit=limit, tell=Told("invariance: changed pictures", as_json),
        )  # fmt: skip
        if out is not None:
            found.save(out, theme.value, dpi)
    told(found, as_json, file=out)
