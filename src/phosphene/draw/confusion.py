"""Confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure as Canvas

from phosphene.draw.plot import Plot, right_column, short
from phosphene.draw.theme import Theme
from phosphene.errors import PhospheneError

_MOST_COUNTS, _MOST_NAMES = 20, 60  # classes up to which each cell has its number, each row its name


def confusion(matrix: npt.ArrayLike, classes: Sequence[str], title: str = "") -> Plot:
    """Draw how often each true class (row) was taken for each class (column).

    Cells hold counts, coloured by the square root of their share of the row; right of each row stands the share
    that was right.

    Args:
        matrix: (K, K) counts.
        classes: K names.
        title: above the plot.

    Raises:
        PhospheneError: the matrix is not (K, K).
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape != (len(classes), len(classes)):
        raise PhospheneError(f"the matrix is {counts.shape} for {len(classes)} classes; give a row and column to each")
    totals = counts.sum(axis=1)
    share = counts / np.maximum(totals, 1)[:, None]

    def draw(canvas: Canvas, theme: Theme) -> None:
        axes = canvas.subplots()
        blend = LinearSegmentedColormap.from_list("share", [theme.background, theme.series[0]])
        shade = np.sqrt(share)  # so that rare errors are seen beside the diagonal
        axes.imshow(shade, cmap=blend, vmin=0, vmax=1, interpolation="nearest", aspect="equal")
        _name_classes(axes, classes, theme)
        if len(classes) <= _MOST_COUNTS:
            _write_counts(axes, counts, blend(shade), theme)
        if len(classes) <= _MOST_NAMES:
            right = [f"{100 * s:.1f} %" if n else "–" for s, n in zip(share.diagonal(), totals, strict=True)]
            right_column(axes, right, "share right")

    side = float(np.clip(0.36 * len(classes), 1.6, 6.5))
    return Plot(draw, (side + 1.6, side + 0.9), title)


def _name_classes(axes: Axes, classes: Sequence[str], theme: Theme) -> None:
    every = -(-len(classes) // _MOST_NAMES)
    shown = range(0, len(classes), every)
    names = [short(classes[i]) for i in shown]
    axes.set_yticks(shown, names, color=theme.ink)
    axes.set_xticks(shown, names, color=theme.ink, rotation=90)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set_ylabel("true class")
    axes.set_xlabel("taken for")
    axes.xaxis.set_label_position("top")
    for spine in axes.spines.values():
        spine.set(visible=True, color=theme.rule)


def _write_counts(axes: Axes, counts: npt.NDArray[np.generic], ground: npt.NDArray[np.float64], theme: Theme) -> None:
    """Write each count but zero into its cell, in whichever of ink and background stands out more."""
    candidates = {colour: _lightness(np.asarray(to_rgb(colour))) for colour in (theme.ink, theme.background)}
    for row, column in zip(*np.nonzero(counts), strict=True):
        under = _lightness(ground[row, column, :3])
        colour = max(candidates, key=lambda c: abs(candidates[c] - under))
        axes.text(column, row, f"{counts[row, column]:g}", color=colour, ha="center", va="center", fontsize=6)


def _lightness(rgb: npt.NDArray[np.float64]) -> float:
    return float(rgb @ np.array([0.299, 0.587, 0.114]))
