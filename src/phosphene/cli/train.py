"""``phosphene train``: train one of the two networks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import AsJson, Device, DeviceName, Seed, answer

if TYPE_CHECKING:
    from phosphene.training.report import Report


class Trainable(StrEnum):
    """The networks there is a recipe for."""

    blog = "blog"
    deep = "deep"


def train(
    network: Annotated[
        Trainable, typer.Option("--network", help="The blog's network, or a deeper one of nine convolutions.")
    ] = Trainable.blog,
    data: Annotated[
        str, typer.Option("--data", help="cifar10, or a folder or .zip with one folder of pictures per class.")
    ] = "cifar10",
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", min=1, help="How often every picture is seen; the recipe's number if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the weights go: a .safetensors file; NETWORK.safetensors if left out."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last epoch of a training that was interrupted.")
    ] = False,
    seed: Seed = 0,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Train a network; leaves its weights, a model card, its learning curves and its confusion matrix."""
    from phosphene.cli.train_progress import Display
    from phosphene.memory import keep_freed_memory
    from phosphene.training import train as run

    keep_freed_memory()
    with Display() as display:
        report = run(network.value, data, epochs, out, seed=seed, resume=resume, device=device.value, tell=display.hear)
    answer(_words(report), report, as_json)


def _words(report: Report) -> str:
    worst = min(range(len(report.classes)), key=lambda i: report.confusion[i][i] / max(sum(report.confusion[i]), 1))
    return "\n".join(
        [
            f"{report.accuracy:.2%} of {report.test_images:,} test pictures named rightly;"
            f" hardest class: {report.classes[worst]}",
            f"  weights           {report.weights}",
            f"  model card        {report.card}",
            f"  learning curves   {report.curves}",
            f"  confusion matrix  {report.confusion_picture}",
        ]
    )
