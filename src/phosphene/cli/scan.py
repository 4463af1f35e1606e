"""``phosphene scan``: an image set through a network, into an atlas."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, answer, warnings_said
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size

if TYPE_CHECKING:
    from phosphene.atlas.reading import Atlas


class PrecisionName(StrEnum):
    """Number formats that a scan may compute in."""

    float32 = "float32"
    bf16 = "bf16"


def scan(
    network: NetworkName,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="Folders, .zip, .tar (also 'shard-{000..009}.tar'), .txt or .csv lists, pictures, hf/NAME, cifar10, "
            "samples.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The atlas: NAME.atlas.")],
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", "-l", help="A layer, a pattern such as 'layer*.relu*', or kind:conv2d; may be repeated."
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Strongest pictures kept of each unit.")] = 16,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Pictures whose peaks are kept of every unit.")] = 4096,
    sample_every: Annotated[
        int | None,
        typer.Option(
            "--sample-every", min=1, help="Take correlations from one picture in so many; about 16,384 if left out."
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", min=1, help="Pictures that are computed together.")] = None,
    precision: Annotated[
        PrecisionName, typer.Option("--precision", help="bf16 is faster and coarser; the atlas says so.")
    ] = PrecisionName.float32,
    split: Annotated[
        str | None, typer.Option("--split", help="Only train, test, val …, if the images have it.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Look at the first so many pictures.")] = None,
    no_images: Annotated[bool, typer.Option("--no-images", help="Keep no small copies of pictures inside.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a scan that was interrupted.")] = False,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Keep what matters of every unit over a whole set of pictures, in one file: an atlas."""
    from phosphene.cli.scan_progress import display
    from phosphene.memory import keep_freed_memory
    from phosphene.scan.run import scan as run
    from phosphene.sources.images import images as open_images
    from phosphene.sources.networks import load

    keep_freed_memory()
    net = load(network, weights, input_size=input_size(size), device=device.value)
    given = open_images(images if len(images) > 1 else images[0], split=split)
    with warnings_said(as_json), display(out, as_json) as hear:
        atlas = run(
            net,
            given,
            out,
            layers,
            top=top,
            sample=sample,
            sample_every=sample_every,
            batch=batch,
            precision=precision.value,
            limit=limit,
            keep_images=not no_images,
            resume=resume,
            tell=hear,
        )
    with atlas:
        answer(_words(out, atlas), _summary(out, atlas), as_json)


def _summary(out: Path, atlas: Atlas) -> dict[str, object]:
    units = sum(layer.units for layer in atlas.layers)
    dead = atlas.query("SELECT count(*) FROM units WHERE dead").rows[0][0]
    return {
        "atlas": out,
        "network": atlas.manifest.network,
        "images": atlas.progress.scanned,
        "failures": atlas.failures,
        "layers": len(atlas.layers),
        "units": units,
        "dead": dead,
        "bytes": out.stat().st_size,
        "seconds": atlas.progress.seconds,
    }


def _words(out: Path, atlas: Atlas) -> str:
    said = _summary(out, atlas)
    lines = [
        f"{out}: {said['units']:,} units of {said['layers']} layers over {said['images']:,} pictures;"
        f" {said['dead']} units are dead"
    ]
    if atlas.failures:
        reasons = sorted({failure.reason for failure in atlas.failures})
        few = "; ".join(reasons[:3]) + ("; …" if len(reasons) > 3 else "")
        count = len(atlas.failures)
        lines.append(f"  {count} {'picture was' if count == 1 else 'pictures were'} passed over: {few}")
    return "\n".join(lines)
