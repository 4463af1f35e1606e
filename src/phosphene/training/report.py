"""What a training leaves at its end: a model card, its curves and its confusion matrix as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from phosphene.bundled.weights_file import About
from phosphene.draw import plots
from phosphene.files import writing
from phosphene.training.checkpoint import Epoch
from phosphene.training.loop import Trainer
from phosphene.training.recipe import Recipe


@dataclass(frozen=True)
class Report:
    """The end of a training."""

    accuracy: float
    """Share of the test pictures named rightly by the weights in the file."""
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


def write_report(out: Path, about: About, recipe: Recipe, history: list[Epoch], confusion: Tensor) -> Report:
    """Write NAME.md, NAME-curves.png and NAME-confusion.png beside the weights file `out`."""
    card = out.with_suffix(".md")
    curves, matrix = (out.with_name(f"{out.stem}-{kind}.png") for kind in ("curves", "confusion"))
    with writing(card) as temporary:
        temporary.write_text(model_card(out.name, about, recipe, confusion), encoding="utf-8")
    _learning_curves(history).save(curves)
    plots.confusion(confusion.numpy(), about.classes, f"{out.stem}: {about.accuracy:.2%} right").save(matrix)
    return Report(
        accuracy=about.accuracy,
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


def model_card(name: str, about: About, recipe: Recipe, confusion: Tensor) -> str:
    """The card, in Markdown: what the network is, what it saw, how it was trained, how well it does."""
    return "\n".join([f"# {name}", "", *_what(about), "", *_how(about, recipe), "", *_classes(about, confusion), ""])


def _what(about: About) -> Iterator[str]:
    yield f"The network `{about.network}` of phosphene, trained to tell {len(about.classes)} classes apart."
    yield ""
    yield f"- Test accuracy: **{about.accuracy:.2%}** of {about.test_images:,} pictures that were not trained on,"
    yield "  single view, with the float16 weights of the file computed in float32."
    yield f"- Trained on: {about.trained_on}, as 32x32 pixels."
    yield f"- Input: 3 colours from 0 to 1, minus {_numbers(about.mean)}, divided by {_numbers(about.std)}."
    yield f"- Made on {about.date} with phosphene {about.phosphene} and PyTorch {about.torch}; seed {about.seed}."


def _how(about: About, recipe: Recipe) -> Iterator[str]:
    yield "## Recipe"
    yield ""
    yield f"- {about.epochs} epochs in batches of {recipe.batch}; cross-entropy,"
    yield f"  labels smoothed by {recipe.label_smoothing:g}."
    yield f"- Stochastic gradient descent, Nesterov momentum {recipe.momentum:g}; weight decay {recipe.weight_decay:g},"
    yield "  not on biases and norms."
    yield f"- Learning rate: up to {recipe.peak:g}; it climbs over the first {recipe.warm_up:.0%} of the training"
    yield "  and falls over the rest, in straight lines."
    yield f"- Pictures are mirrored every other epoch and moved by up to {recipe.shift} pixels."
    if recipe.cutout:
        yield f"- A square of {recipe.cutout} pixels is hidden, but for the last {recipe.whole:.0%} of the epochs."
    if recipe.cutmix:
        yield f"- In {recipe.cutmix:.0%} of the pictures a square, its area drawn evenly, is that of another picture,"
        yield "  whose label then counts as much as it covers; not in those last epochs either."
    yield f"- Kept is the running average of the weights (decay {recipe.average:g} a step) after the last epoch;"
    yield "  no epoch was picked by its test accuracy."


def _classes(about: About, confusion: Tensor) -> Iterator[str]:
    yield "## Classes"
    yield ""
    yield "| class | test pictures | named rightly |"
    yield "|---|---:|---:|"
    for name, row, right in zip(about.classes, confusion, confusion.diagonal().tolist(), strict=True):
        total = int(row.sum())
        yield f"| {_escaped(name)} | {total} | {right / total:.1%} |" if total else f"| {_escaped(name)} | 0 | |"


def _escaped(name: str) -> str:
    """A class name, which may be any folder's, as plain text in a table of Markdown."""
    return "".join(f"&#{ord(c)};" if c in "|<>&[]`*_\\\n" else c for c in name)


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{v:.4f}" for v in values)
