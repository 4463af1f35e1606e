"""`occlusion`: what hiding a part of a picture does to its class and to a map (Zeiler & Fergus 2013, figure 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.draw.plots import Plot
from phosphene.errors import UsageError, did_you_mean
from phosphene.evidence.finding import Finding
from phosphene.evidence.frames import within
from phosphene.evidence.ranks import spearman
from phosphene.evidence.squares import blurred, grey, mean_colour
from phosphene.network import Network, Unit
from phosphene.paper.analysis import Analysis
from phosphene.paper.answers import (
    TrueClass,
    class_name,
    deepest_layer,
    one_picture,
    probabilities,
    run_whole,
    true_class,
)
from phosphene.paper.occlusion_figure import panels
from phosphene.paper.occlusion_slide import Cell, Slide, coarse_to_fine, corners, middle, promised, within_cell
from phosphene.paper.occlusion_words import said
from phosphene.project import Projection, project

Fill = Literal["grey", "mean", "blurred"]
AT_ONCE = 2**19
"""Values of input in one forward pass; more leaves the processor's cache."""
TOLERANCE = 0.05
SIDE, STRIDE = 1 / 4, 1 / 28
"""Of the shorter side of the picture: 56 and 8 pixels of 224."""


@dataclass(frozen=True)
class Seen:
    """What the network says to the whole picture.

    Attributes:
        probability: of the true class.
        best: the most probable class.
        total: the map, summed over space.
    """

    probability: float
    best: int
    total: float


@dataclass(frozen=True, eq=False, repr=False)
class Occlusion(Analysis):
    """The five panels, for a square at R x C places.

    Attributes:
        network, picture: what they are called.
        image: (C, H, W) what the network saw, in picture values of 0..1.
        slide: the places of the square, its side and stride.
        fill: what the square shows.
        label: the true class.
        unit: whose map is followed; the strongest of its layer, unless it was chosen.
        whole: with nothing hidden.
        probability: (R, C) of the true class.
        best: (R, C) the most probable class.
        total: (R, C) the unit's map, summed over space.
        measured: (R, C) whether the place was measured, and not interpolated between others.
        others: rank agreement of the class's probability with each other active unit of the layer, over the places.
        names: of the classes that occur.
        projection: the unit's whole map sent back to pixels (deconvnet, switches).
    """

    network: str
    picture: str
    image: Tensor
    slide: Slide
    fill: str
    label: TrueClass
    unit: Unit
    whole: Seen
    probability: Floats
    best: np.ndarray
    total: Floats
    measured: np.ndarray
    others: Floats
    names: Mapping[int, str]
    projection: Projection

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What hiding does to the class, to the answer and to the map, and whether the last two go together."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Every figure but the projection's pixels."""
        tops, lefts = self.slide.starts
        return {
            "network": self.network,
            "picture": self.picture,
            "size": self.slide.size,
            "side": self.slide.side,
            "stride": self.slide.stride,
            "fill": self.fill,
            "true_class": self.label,
            "unit": str(self.unit),
            "whole": self.whole,
            "tops": tops,
            "lefts": lefts,
            "probability": self.probability.tolist(),
            "most_probable": self.best.tolist(),
            "total": self.total.tolist(),
            "measured": self.measured.tolist(),
            "classes": dict(self.names),
        }

    def figure(self) -> Plot:
        """Draw the paper's five panels."""
        return panels(self)


def occlusion(
    net: Network,
    image: object,
    *,
    label: str | int | None = None,
    unit: str | None = None,
    side: int | None = None,
    stride: int | None = None,
    fill: Fill = "grey",
    coarse: bool = False,
    tolerance: float = TOLERANCE,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Occlusion:
    """Slide a square over a picture and watch the true class, the answer and the strongest map of a layer.

    The paper's figure 7: for each place of the grey square (a) the total activation in one map of a deep layer, the one
    with the strongest response to the picture as it is, beside its projection; (b) the probability of the correct
    class; (c) the most probable class. The square lies wholly in the picture, at every ``stride`` pixels and at the far
    borders. The network's output is taken as logits, and probabilities are its softmax.

    Args:
        net: the network.
        image: one picture: a path, a PIL picture, a `Picture`, or the network's own input (1, C, H, W).
        label: the true class, by name or number. None: what the picture's folder or file is called, if that is a class;
            otherwise the most probable class, and the findings say so.
        unit: a layer, or a unit such as ``"conv5:12"``. None: the deepest layer with maps that is not the classes'.
        side: of the square in pixels of the input; None: a quarter of the shorter side (the paper does not say).
        stride: between its places; None: a 28th of the shorter side (8 pixels of 224).
        fill: what the square shows: ``"grey"`` (0.5 in picture values), the picture's ``"mean"`` colour, or the picture
            ``"blurred"`` by as many pixels as the square has.
        coarse: measure the corners and the middle of the cells of a coarse grid, and go on inside of a cell only where
            the middle is not what the corners promise: another most probable class, or more than ``tolerance`` away in
            the probability, or in the map's total as a share of the whole picture's. What is left is interpolated.
        tolerance: for ``coarse``.
        tell: hears how many places of how many are done.

    Raises:
        UsageError: no such layer, unit, class or fill; a square or stride that does not fit; no or several pictures.
    """
    inputs, picture = one_picture(net, image)
    size = (inputs.shape[2], inputs.shape[3])
    short = min(size)
    slide = Slide(size, side or max(1, round(SIDE * short)), stride or max(1, round(STRIDE * short)))
    shown = _shown(net, inputs, fill, slide.side)
    whole = probabilities(net.scores(inputs))[0]
    asked = deepest_layer(net, len(whole)) if unit is None else net.unit(unit)
    maps = run_whole(net, inputs, [asked.layer])[1][asked.layer]
    truth = true_class(net, label, picture, int(whole.argmax()), len(whole))
    watched = _Watched(net, inputs, shown, slide, asked.layer, asked.index, truth.index, tell)
    even = watched.coarsely(tolerance, maps) if coarse else watched.everywhere()
    for cell in even:
        watched.fill_in(cell)
    index = int(maps[0].sum((1, 2)).argmax()) if asked.index is None else asked.index
    chosen = Unit(asked.layer, index)
    best, first = watched.best, int(whole.argmax())
    names = {int(each): class_name(net, int(each)) for each in {*best.flat, first}}
    return Occlusion(
        net.name, "" if picture is None else picture.id, net.scale.to_picture(inputs)[0], slide, fill, truth, chosen,
        Seen(float(whole[truth.index]), first, float(maps[0, index].sum())),
        watched.values[..., 0], best, watched.values[..., 1 + index], watched.measured,
        watched.agreement_of_others(index), names, project(net, inputs, chosen),
    )  # fmt: skip


def _shown(net: Network, inputs: Tensor, fill: str, side: int) -> Tensor:
    """Return what the square shows, for the whole picture: (1, C, H, W)."""
    known = get_args(Fill)
    if fill not in known:
        hint = did_you_mean(fill, known) or f"; choose one of {', '.join(known)}"
        raise UsageError(f"there is no fill {fill!r}{hint}")
    if fill == "grey":
        return grey(net, inputs)
    return mean_colour(inputs) if fill == "mean" else blurred(inputs, side)


@dataclass(eq=False)
class _Watched:
    """What is known of the places so far.

    ``values`` (R, C, 1 + K) holds the probability of the true class, and the sum of each of the layer's K maps.
    """

    net: Network
    inputs: Tensor
    shown: Tensor
    slide: Slide
    layer: str
    index: int | None
    truth: int
    tell: Callable[[int, int], None]
    values: Floats = field(init=False)
    best: np.ndarray = field(init=False)
    measured: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        rows, columns = (len(start) for start in self.slide.starts)
        self.values = np.full((rows, columns, 1 + self.net.layer(self.layer).units), np.nan)
        self.best = np.zeros((rows, columns), np.int64)
        self.measured = np.zeros((rows, columns), bool)

    def everywhere(self) -> list[Cell]:
        """Measure all places."""
        self.ask([(row, column) for row, column in np.ndindex(*self.measured.shape)])
        return []

    def coarsely(self, tolerance: float, maps: Tensor) -> list[Cell]:
        """Measure where it matters; returns the cells that were left out."""
        total = maps[0].sum((1, 2)).double().cpu().numpy()
        strongest = int(total.argmax()) if self.index is None else self.index

        followed = [0, 1 + strongest]
        scale = np.array([1.0, abs(total[strongest]) or 1.0])

        def is_even(cell: Cell) -> bool:
            place = middle(cell)
            answers = {int(self.best[each]) for each in (*corners(cell), place)}
            values = self.values[..., followed]
            away = abs(values[place] - promised(values, self.slide, cell, place)) / scale
            return len(answers) == 1 and bool((away <= tolerance).all())

        return coarse_to_fine(self.slide, self.ask, is_even)

    def ask(self, places: list[tuple[int, int]]) -> None:
        """Measure some places, a few at a time."""
        few = max(1, AT_ONCE // self.inputs.numel())
        squares = self.slide.squares.to(self.inputs.device)
        for start in range(0, len(places), few):
            rows, columns = zip(*places[start : start + few], strict=True)
            hidden = within(squares[list(rows), list(columns)], self.slide.size)[:, None]
            output, maps = run_whole(self.net, torch.where(hidden, self.shown, self.inputs), [self.layer])
            chance = probabilities(output)
            self.values[rows, columns, 0] = chance[:, self.truth].cpu().numpy()
            self.values[rows, columns, 1:] = maps[self.layer].double().sum((2, 3)).cpu().numpy()
            self.best[rows, columns] = chance.argmax(1).cpu().numpy()
            self.measured[rows, columns] = True
            self.tell(int(self.measured.sum()), self.measured.size)

    def fill_in(self, cell: Cell) -> None:
        """Interpolate what was left out of a cell, whose corners agree in their most probable class."""
        for place in within_cell(cell):
            if not self.measured[place]:
                self.values[place] = promised(self.values, self.slide, cell, place)
                self.best[place] = self.best[cell[0], cell[2]]

    def agreement_of_others(self, index: int) -> Floats:
        """Return the rank agreement of the probability with each other unit that varies: (K - 1 or fewer,)."""
        chance, totals = (
            self.values[..., 0].ravel(),
            np.delete(self.values[..., 1:].reshape(self.best.size, -1), index, 1),
        )
        found = spearman(chance[None], totals.T)
        return found[np.isfinite(found)]
