"""``phosphene probe``: how well a linear classifier tells classes from each layer's features."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from phosphene.cli.analyses import Figure, Told, told
from phosphene.cli.common import AsJson, Device, DeviceName, Seed, warnings_said
from phosphene.cli.figure_options import Dpi, Theme, ThemeName
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size
from phosphene.cli.quick import importing, let_waiting_threads_sleep


class ClassifierName(StrEnum):
    """Linear classifiers."""

    ridge = "ridge"
    softmax = "softmax"
    svm = "svm"


def probe(
    network: NetworkName,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGES...", help="cifar10, or a folder or .zip with a folder for each class."),
    ],
    out: Figure = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", "-l", help="A name or a pattern; may be repeated. Behind all convolutions if left out."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Only this part of the pictures: test, for one that trained on train.")
    ] = None,
    classifier: Annotated[ClassifierName, typer.Option("--classifier", help="Which.")] = ClassifierName.ridge,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Of the cross-validation.")] = 5,
    grid: Annotated[int, typer.Option("--grid", min=1, help="Means each way that a map is pooled to.")] = 2,
    limit: Annotated[int, typer.Option("--limit", min=4, help="Look at so many pictures at most.")] = 2000,
    untrained: Annotated[
        bool, typer.Option("--untrained/--no-untrained", help="Compare with the network before training.")
    ] = True,
    dpi: Dpi = 150,
    theme: Theme = ThemeName.light,
    weights: Weights = None,
    size: InputSize = None,
    device: Device = DeviceName.auto,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Say how well a linear classifier names classes from each layer's features (table 7)."""
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
    with warnings_said(as_json):
        net = load(network, weights, input_size=input_size(size), device=device.value)
        found = paper.probe(
            net, open_images(images if len(images) > 1 else images[0], split=split), layers=layer or None,
            classifier=classifier.value, folds=folds, grid=grid, limit=limit, with_untrained=untrained, seed=seed,
            tell=Told("probe: steps", as_json),
        )  # fmt: skip
        if out is not None:
            found.save(out, theme.value, dpi)
    told(found, as_json, file=out)
