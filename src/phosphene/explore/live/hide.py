"""A part of a picture covered by hand: what changes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phosphene.evidence.frames import within
from phosphene.evidence.squares import blurred, grey
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench, url
from phosphene.explore.live.predictions import BEST, NO_SCORES, class_name, said, softmax
from phosphene.explore.live.sending import note

MOST = 12
IN_DEVIATIONS = "Changes in standard deviations of each unit's peaks on the scan's sample."
IN_LARGEST = "The layer was not scanned: changes as shares of its largest value on this picture."
NOTHING = "No unit's peak changes."


@dataclass(frozen=True)
class ClassChange:
    """A class's score with nothing hidden, and with the part hidden."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class UnitChange:
    """A unit's peak with nothing hidden, with the part hidden, and the difference as the note says."""

    unit: int
    before: float
    after: float
    change: float


@dataclass(frozen=True)
class HideAnswer:
    """What hiding a part does.

    Attributes:
        picture: what the network sees then.
        classes: those with the largest score before or after.
        units: those whose peak changes most.
    """

    picture: str
    classes: tuple[ClassChange, ...]
    units: tuple[UnitChange, ...]
    note: str


def hide(bench: Bench, asked: Asked) -> HideAnswer:
    """Answer ``image``, ``layer``, ``box``, ``fill``."""
    image, layer, fill = asked.text("image"), asked.layer(bench.net), asked.choice("fill", ("grey", "blur"), "grey")
    box = asked.box
    inputs, before = bench.seeing.inputs(image), bench.seeing.maps(image, layer)
    hidden = covered(bench, inputs, box, fill)
    bench.go_on()
    after = bench.net.record(hidden, layer)[layer][0].float().cpu()
    bench.go_on()
    units, told = _units(bench, layer, before, after)
    scores = softmax(bench.net, torch.cat([inputs, hidden]))
    classes = () if scores is None else _classes(bench, scores)
    outputs = NO_SCORES if scores is None else said(bench.net, scores)
    return HideAnswer(url(bench.seeing.shown(hidden)[0]), classes, units, note(told, outputs))


def covered(bench: Bench, inputs: Tensor, box: tuple[float, float, float, float], fill: str) -> Tensor:
    """Return inputs (1, C, H, W) with every pixel that a box of shares touches made grey, or blurred beyond use."""
    height, width = inputs.shape[2:]
    x0, y0, x1, y1 = (edge * side for edge, side in zip(box, (width, height, width, height), strict=True))
    pixels = torch.tensor([floor(y0), floor(x0), ceil(y1), ceil(x1)], device=inputs.device)
    side = float((pixels[2:] - pixels[:2]).min())  # what is as large as the box, or smaller, is gone in the blur
    shown = grey(bench.net, inputs) if fill == "grey" else blurred(inputs, side)
    return torch.where(within(pixels, (height, width)), shown, inputs)


def _units(bench: Bench, layer: str, before: Tensor, after: Tensor) -> tuple[tuple[UnitChange, ...], str]:
    peaks = [maps.amax((1, 2)).double().numpy() for maps in (before, after)]
    change, told = _relative(bench, layer, peaks[0], peaks[1])
    order = np.argsort(-np.abs(np.nan_to_num(change, posinf=0, neginf=0)), kind="stable")
    found = [index for index in order.tolist() if np.isfinite(change[index]) and change[index] != 0][:MOST]
    units = tuple(UnitChange(i, float(peaks[0][i]), float(peaks[1][i]), float(change[i])) for i in found)
    return units, told if units else NOTHING


def _relative(
    bench: Bench, layer: str, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[NDArray[np.float64], str]:
    spread = bench.sample.spread(layer)
    if spread is None:
        sizes = np.abs(np.concatenate([before, after]))
        largest = sizes[np.isfinite(sizes)].max(initial=0.0)
        return (after - before) / (largest or np.nan), IN_LARGEST
    return (after - before) / np.where(spread > 0, spread, np.nan), IN_DEVIATIONS


def _classes(bench: Bench, scores: Tensor) -> tuple[ClassChange, ...]:
    best = scores.nan_to_num(-1.0).amax(0).sort(descending=True, stable=True).indices[:BEST].tolist()
    before, after = scores.tolist()
    return tuple(ClassChange(class_name(bench.net, output), before[output], after[output]) for output in best)
