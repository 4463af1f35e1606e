"""``phosphene demo``: the whole story on what comes along."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, Seed, answer
from phosphene.cli.steps import Steps


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder to write; new, empty, or an earlier demo's.")
    ] = Path("demo"),
    data: Annotated[
        str, typer.Option("--data", help="samples, cifar10, a folder, a .zip or a picture: what the networks look at.")
    ] = "samples",
    seed: Seed = 0,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Tell the whole story: what each feature looks for, in pictures, on a page to open, with the scans beside it."""
    from phosphene.sources.images import images
    from phosphene.sources.networks import load
    from phosphene.story.telling import tell

    progress = Steps()
    progress("loading the networks")
    net, deep = (load(name, device=device.value) for name in ("cifar", "cifar-deep"))
    told = tell(net, deep, images("samples:32" if data == "samples" else data), out, progress, seed)
    answer(f"Open {told.page}", {"page": told.page, **told.summary}, as_json)
