"""Figure 5 of the paper: a row for each change, with examples, distances by layer, and the true class's probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from phosphene.arrays import Floats
from phosphene.draw.plot import quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme
from phosphene.evidence.phrases import counted
from phosphene.project.picture import input_pictures

if TYPE_CHECKING:
    from phosphene.paper.invariance_pictures import Curve, Invariance

_NAMED = 6  # pictures that have a colour and a name


def rows_plot(found: Invariance) -> Plot:
    """Draw the curves of each picture thinly, their mean with its interval boldly; dotted: another picture."""
    columns = len(found.layers) + 2

    def draw(canvas: Canvas, theme: Theme) -> None:
        widths = (1.5, *[1.25] * (columns - 1))
        grid = canvas.subplots(len(found.curves), columns, squeeze=False, width_ratios=widths)
        for row, curve in zip(grid, found.curves, strict=True):
            _examples(row[0], curve)
            for axes, layer in zip(row[1:-1], found.layers, strict=True):
                _lines(axes, curve, curve.distance[layer], theme)
                axes.axhline(found.between[layer], color=theme.faint, linewidth=0.8, linestyle=":")
                axes.set_ylim(bottom=0)
            _lines(row[-1], curve, curve.probability, theme)
            row[-1].set_ylim(0, 1.02)
        for axes, layer in zip(grid[0][1:-1], found.layers, strict=True):
            axes.set_title(f"distance in {short(layer, 1.0)}")
        grid[0][-1].set_title("p(true class)")
        _names(canvas, found, theme)

    title = f"{found.network} · {counted(len(found.pictures), 'picture')}, changed"
    return Plot(draw, (1.75 * columns + 0.4, 1.5 * len(found.curves) + 0.75), title)


def _examples(axes: Axes, curve: Curve) -> None:
    drawn = [np.asarray(picture) for picture in input_pictures(curve.shown)]
    gap = np.full((drawn[0].shape[0], max(1, drawn[0].shape[1] // 20), 4), 0, np.uint8)  # clear
    parts: list[np.ndarray] = []
    for picture in drawn:
        parts += [np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]), gap]
    axes.imshow(np.concatenate(parts[:-1], 1), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    degrees = curve.change.degrees
    shown = " · ".join(f"{degree:g}" for degree in (degrees[0], degrees[len(degrees) // 2], degrees[-1]))
    axes.set_title(curve.change.name)
    axes.set_xlabel(f"{shown} {curve.change.unit}", fontsize=6)


def _lines(axes: Axes, curve: Curve, values: Floats, theme: Theme) -> None:
    degrees = curve.change.degrees
    for n, line in enumerate(values):
        colour = theme.series[n] if len(values) <= _NAMED else theme.faint
        axes.plot(degrees, line, color=colour, linewidth=0.7, alpha=0.8 if len(values) <= _NAMED else 0.25)
    middle, intervals = curve.averaged(values)
    axes.plot(degrees, middle, color=theme.ink, linewidth=1.5)
    if all(intervals):
        low, high = ([getattr(each, end) for each in intervals] for end in ("low", "high"))
        axes.fill_between(degrees, low, high, color=theme.ink, alpha=0.12, linewidth=0)
    axes.set_xlabel(curve.change.unit, fontsize=6)
    axes.locator_params(nbins=4)
    quiet_grid(axes, "y")


def _names(canvas: Canvas, found: Invariance, theme: Theme) -> None:
    lines = canvas.axes[1].lines
    count = len(found.pictures)
    handles, names = [], []
    if count <= _NAMED:
        handles = list(lines[:count])
        names = [short(label.name, 1.2) for label in found.labels]
    handles.append(lines[count])
    names.append("mean and 95 % interval" if count > 1 else "mean")
    if count > 1:
        handles.append(lines[-1])
        names.append("another picture")
    canvas.legend(handles, names, loc="outside lower left", ncols=4, frameon=False, fontsize=6)
