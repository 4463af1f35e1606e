"""The model card of a trained network, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from phosphene.bundled.weights_file import About
from phosphene.training.augment import CONTRAST, LIGHT, SATURATION, STRETCH, TURN
from phosphene.training.recipe import Course, Recipe


def model_card(name: str, about: About, recipe: Recipe, confusion: Tensor, mirrored: float) -> str:
    """The card, in Markdown: what the network is, what it saw, how it was trained, how well it does."""
    return "\n".join(
        [f"# {name}", "", *_what(about, mirrored), "", *_how(about, recipe), "", *_classes(about, confusion), ""]
    )


def _what(about: About, mirrored: float) -> Iterator[str]:
    yield f"The network `{about.network}` of phosphene, trained to tell {len(about.classes)} classes apart."
    yield ""
    yield f"- Test accuracy: **{about.accuracy:.2%}** of {about.test_images:,} pictures that were not trained on,"
    yield "  single view, with the float16 weights of the file computed in float32."
    yield f"  {mirrored:.2%} by the mean of each picture's scores and those of its mirror image."
    yield f"- Trained on: {about.trained_on}, as 32x32 pixels."
    yield f"- Input: 3 colours from 0 to 1, minus {_numbers(about.mean)}, divided by {_numbers(about.std)}."
    yield f"- Made on {about.date} with phosphene {about.phosphene} and PyTorch {about.torch}; seed {about.seed}."


def _how(about: About, recipe: Recipe) -> Iterator[str]:
    yield "## Recipe"
    yield ""
    yield f"- {_epochs(about.epochs)} in batches of {recipe.batch}; cross-entropy,"
    yield f"  labels smoothed by {recipe.label_smoothing:g}."
    yield f"- Stochastic gradient descent, Nesterov momentum {recipe.momentum:g}; weight decay {recipe.weight_decay:g},"
    yield "  not on biases and norms."
    yield f"- Kept is the running average of the weights (decay {recipe.average:g} a step) after the last epoch;"
    yield "  no epoch was picked by its test accuracy."
    for number, course in enumerate(recipe.courses, 1):
        if len(recipe.courses) > 1:
            start = ", from the averaged weights of the one before" if number > 1 else ""
            yield from ("", f"Course {number}, {_epochs(course.epochs)}{start}:", "")
        yield from _course(course)


def _course(course: Course) -> Iterator[str]:
    yield f"- Learning rate: up to {course.peak:g}; it climbs over the first {course.warm_up:.0%} of the epochs"
    yield "  and falls over the rest, in straight lines."
    yield f"- Pictures are mirrored every other epoch and moved by up to {course.shift} pixels."
    changes = list(_changes(course))
    if changes:
        yield f"- But for the last {course.whole:.0%} of the epochs:"
        yield from changes
    if course.sharpness:
        yield f"- In the last {course.sharp:.0%} of the epochs the gradient is taken where the loss is worst within"
        yield f"  {course.sharpness:g} of the weights (sharpness-aware minimisation), which takes twice as long."


def _changes(course: Course) -> Iterator[str]:
    if course.warp:
        low, high = math.exp(-STRETCH), math.exp(STRETCH)
        yield f"  - {course.warp:.0%} of the pictures are turned by up to {math.degrees(TURN):.0f} degrees and made"
        yield f"    {low:.2f} to {high:.2f} times as wide, and as high."
    if course.recolour:
        contrast, saturation = math.exp(CONTRAST), math.exp(SATURATION)
        yield f"  - {course.recolour:.0%} become lighter or darker by up to {LIGHT:g} standard deviations, with up to"
        yield f"    {contrast:.2f} times the contrast and {saturation:.2f} times the saturation, or as much less."
    if course.cutout:
        yield f"  - A square of {course.cutout} pixels is hidden."
    if course.cutmix:
        yield f"  - In {course.cutmix:.0%} a square, its area drawn evenly, is that of another picture, whose label"
        yield "    then counts as much as it covers."


def _epochs(number: int) -> str:
    return "1 epoch" if number == 1 else f"{number} epochs"


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
