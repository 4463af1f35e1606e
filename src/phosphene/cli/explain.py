"""``phosphene explain``: a unit's card, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, Seed, answer, say
from phosphene.cli.network_options import Weights, input_size_of
from phosphene.errors import UsageError

if TYPE_CHECKING:
    from phosphene.atlas.reading import Atlas
    from phosphene.network import Network
    from phosphene.sources.images import ImageSet

QUICK = 2000
"""Pictures that are scanned where there is no atlas."""
SMALL = 64
"""Pixels to a side of a network's input up to which it is shown windows of pictures, not whole ones."""


def explain(
    source: Annotated[
        str, typer.Argument(metavar="ATLAS|NETWORK", help="A file that 'phosphene scan' wrote, or a network.")
    ],
    unit: Annotated[
        str, typer.Argument(metavar="UNIT", help="A unit such as relu2:8; of an atlas also a layer, such as relu2.")
    ],
    network: Annotated[
        str | None, typer.Option("--network", help="The network that was scanned, if its name is not enough.")
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="The images that were scanned; needed where the atlas keeps small copies only."),
    ] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="A picture to look at instead of the unit's strongest ones.")
    ] = None,
    box: Annotated[
        str | None,
        typer.Option("--box", metavar="X0,Y0,X1,Y1", help="Is it what is in this box of the picture, or around it?"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Of a layer: draw how its units correlate, as .png, .svg or .pdf."),
    ] = None,
    weights: Weights = None,
    device: Device = DeviceName.auto,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Say what a unit responds to and how far its pictures can be trusted, each with a baseline.

    Of a layer of an atlas: how many of its units are independent.
    """
    from phosphene.draw.saving import ending
    from phosphene.evidence.asking import explain as ask
    from phosphene.memory import keep_freed_memory
    from phosphene.sources.images import images as open_images
    from phosphene.sources.networks import load

    keep_freed_memory()
    edges = _edges(box)
    if out is not None:
        ending(out)
        if ":" in unit:
            raise UsageError("--out draws a layer, not one unit; leave it out, or type the layer alone")
    given = open_images(images if len(images) > 1 else images[0]) if images else None
    if Path(source).is_file() and not source.endswith((".py", ".safetensors")):
        from phosphene.atlas.reading import open_atlas

        with open_atlas(source) as atlas:
            if ":" not in unit:
                _layer(atlas, unit, out, as_json)
                return
            net = load(network or atlas.manifest.network, weights, input_size=input_size_of(atlas), device=device.value)
            card = ask(net, atlas, unit, images=given, image=image, box=edges, seed=seed)
    else:
        net = load(source, weights, device=device.value)
        pictures = given or open_images("samples:32" if max(net.input_size[1:]) <= SMALL else "samples")
        pictures = pictures.take(min(QUICK, len(pictures)), seed)
        with _scanned(net, unit, pictures) as atlas:
            card = ask(net, atlas, unit, images=pictures, image=image, box=edges, seed=seed)
    answer(str(card), {"unit": card.unit, "measured": card.measured, "findings": card.sections}, as_json)


def _layer(atlas: Atlas, layer: str, out: Path | None, as_json: bool) -> None:
    from phosphene.evidence.matrix import matrix_plot
    from phosphene.evidence.redundancy import layer_redundancy

    found = layer_redundancy(atlas, layer)
    if out is not None:
        matrix_plot([found]).save(out)
    said = [found.finding.sentence, *([f"  caution: {found.finding.caution}"] if found.finding.caution else [])]
    names = [[f"{layer}:{unit}" for unit in group] for group in found.groups]
    said += [f"  near-duplicates: {', '.join(group)}" for group in names]
    answer("\n".join(said), {"layer": layer, "finding": found.finding, "near_duplicates": names, "file": out}, as_json)


def _edges(box: str | None) -> tuple[float, float, float, float] | None:
    if box is None:
        return None
    try:
        x0, y0, x1, y1 = map(float, box.split(","))
    except ValueError:
        raise UsageError(f"{box!r} is no box; give x0,y0,x1,y1 in pixels of the picture, such as 4,4,20,28") from None
    return x0, y0, x1, y1


@contextmanager
def _scanned(net: Network, unit: str, pictures: ImageSet) -> Iterator[Atlas]:
    """Scan the unit's layer over some pictures, for one question."""
    from phosphene.scan.run import scan

    layer = net.unit(unit).layer
    say(f"scanning {layer} over {len(pictures):,} pictures of {pictures.name}; an atlas would keep this")
    with (
        TemporaryDirectory() as folder,
        scan(net, pictures, Path(folder) / "once.atlas", [layer], limit=QUICK) as atlas,
    ):
        yield atlas
