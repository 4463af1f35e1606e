"""Horizontal bars with intervals and their values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from phosphene.draw.plot import Plot, percents, quiet_grid, right_column, short
from phosphene.draw.theme import Theme
from phosphene.errors import PhospheneError


def bars(
    names: Sequence[str],
    values: Sequence[float],
    interval: tuple[Sequence[float], Sequence[float]] | None = None,
    x_label: str = "",
    title: str = "",
    percent: bool = False,
) -> Plot:
    """Draw one horizontal bar per name, from the top, its value at the right; ``interval`` is (lows, highs).

    Raises:
        PhospheneError: not as many names as values.
    """
    if len(names) != len(values):
        raise PhospheneError(f"there are {len(names)} names for {len(values)} values; give one name to each value")

    def draw(canvas: Canvas, theme: Theme) -> None:
        axes = canvas.subplots()
        place, length = np.arange(len(values)), np.asarray(values, dtype=float)
        axes.barh(place, np.nan_to_num(length), height=0.62, color=theme.series[0])
        if interval:
            low, high = (np.asarray(end, dtype=float) for end in interval)
            axes.hlines(place, low, high, color=theme.ink, linewidth=0.9)
        axes.axvline(0, color=theme.faint, linewidth=0.6)
        axes.set_yticks(place, [short(name, 2.0) for name in names], color=theme.ink)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(len(values) - 0.5, -0.5)
        axes.set_xlabel(x_label)
        quiet_grid(axes, "x")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        if percent:
            axes.xaxis.set_major_formatter(percents)
        texts = [f"{100 * v:.1f} %" if percent else f"{v:.3g}" for v in length]
        right_column(axes, ["–" if np.isnan(v) else text for v, text in zip(length, texts, strict=True)])

    return Plot(draw, (4.2, 0.75 + 0.19 * max(1, len(values)) + (0.2 if title else 0)), title)
