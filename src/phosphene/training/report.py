"""What a training leaves at its end: a model card, its curves and its confusion matrix as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from phosphene.bundled.weights_file import About
from phosphene.draw import plots
from phosphene.files import writing
from phosphene.training.card import model_card
from phosphene.training.checkpoint import Epoch
from phosphene.training.loop import Trainer
from phosphene.training.recipe import Recipe


@dataclass(frozen=True)
class Report:
    """The end of a training."""

    accuracy: float
    """Share of the test pictures named rightly by the weights in the file."""
    mirrored_accuracy: float
    """The same by the mean of each picture's scores and those of its mirror image."""
    test_images: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Row: the true class; column: the class that was named; pictures."""
    history: tuple[Epoch, ...]
    weights: str
    card: str
    curves: str
    confusion_picture: str


def describe(trainer: Trainer, network: str, confusion: Tensor) -> About:
    """The metadata of the weights file."""
    data = trainer.data
    total = int(confusion.sum())
    return About(
        network=network,
        classes=data.classes,
        mean=data.mean,
        std=data.std,
        accuracy=int(confusion.trace()) / total,
        test_images=total,
        epochs=trainer.epochs,
        seed=trainer.seed,
        trained_on=f"{len(data.train.labels):,} pictures of {data.name}",
        date=datetime.now(UTC).date().isoformat(),
        torch=torch.__version__,
        phosphene=version("phosphene"),
    )


def write_report(
    out: Path, about: About, recipe: Recipe, history: list[Epoch], confusion: Tensor, mirrored: float
) -> Report:
    """Write NAME.md, NAME-curves.png and NAME-confusion.png beside the weights file `out`."""
    card = out.with_suffix(".md")
    curves, matrix = (out.with_name(f"{out.stem}-{kind}.png") for kind in ("curves", "confusion"))
    with writing(card) as temporary:
        temporary.write_text(model_card(out.name, about, recipe, confusion, mirrored), encoding="utf-8")
    _learning_curves(history).save(curves)
    plots.confusion(confusion.numpy(), about.classes, f"{out.stem}: {about.accuracy:.2%} right").save(matrix)
    return Report(
        accuracy=about.accuracy,
        mirrored_accuracy=mirrored,
        test_images=about.test_images,
        classes=about.classes,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        history=tuple(history),
        weights=str(out),
        card=str(card),
        curves=str(curves),
        confusion_picture=str(matrix),
    )


def _learning_curves(history: list[Epoch]) -> plots.Plot:
    loss = plots.Series("training", [epoch.loss for epoch in history])
    accuracy = plots.Series("test", [epoch.accuracy for epoch in history])
    return plots.curves(
        [plots.Panel("Loss", [loss]), plots.Panel("Accuracy", [accuracy], percent=True)], title="Learning curves"
    )
