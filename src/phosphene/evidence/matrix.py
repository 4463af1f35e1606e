"""The correlation matrices of layers as a picture, units ordered by clustering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas

from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme
from phosphene.evidence.redundancy import LayerRedundancy

ENDS = 0.6
"""Of the scale: correlations beyond it take its last colours."""
PANEL = 3.3
"""Inches a side of a matrix."""
NUMBERED = 64
"""Units that have room for their numbers at the side, every other one above half of it."""


def matrix_plot(layers: Sequence[LayerRedundancy], title: str = "") -> Plot:
    """Draw the matrices side by side; grey is a unit with itself, and dead units."""

    def draw(canvas: Canvas, theme: Theme) -> None:
        panels = canvas.subplots(1, len(layers), squeeze=False)[0]
        for axes, found in zip(panels, layers, strict=True):
            _matrix(axes, found, theme)
        scale = ScalarMappable(Normalize(-ENDS, ENDS), "RdBu_r")
        bar = canvas.colorbar(scale, ax=list(panels), shrink=0.8, label="Pearson's r", extend="both")
        bar.outline.set_visible(False)

    width = PANEL * len(layers) + 0.6 if len(layers) > 1 else 4.4
    return Plot(draw, (width, 3.6), title or "Correlation of units, ordered by clustering")


def _matrix(axes: Axes, found: LayerRedundancy, theme: Theme) -> None:
    ordered = found.correlation[np.ix_(found.order, found.order)].copy()
    np.fill_diagonal(ordered, np.nan)
    axes.set_facecolor(theme.faint)
    axes.imshow(ordered, cmap="RdBu_r", vmin=-ENDS, vmax=ENDS, interpolation="nearest")
    axes.set_title(f"{found.layer}: {found.living} units that count for {found.dimension:.1f}")
    every = max(1, -(-2 * len(ordered) // NUMBERED))
    shown = range(0, len(ordered), every)
    axes.set_yticks(shown, [str(found.order[k]) for k in shown], fontsize=4.5)
    axes.set_xticks(shown, [str(found.order[k]) for k in shown], fontsize=4.5, rotation=90)
    axes.tick_params(length=0, pad=1)
