"""Curves with intervals, panels side by side, every line named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from phosphene.draw.plot import Plot, percents, quiet_grid, short
from phosphene.draw.text import clean
from phosphene.draw.theme import Theme
from phosphene.errors import PhospheneError

_LABEL_HEIGHT = 0.075  # of a panel's height: how close two names at the ends of lines may come


@dataclass(frozen=True)
class Series:
    """One line: its name, its values, and where known the interval (low, high) around each."""

    name: str
    values: Sequence[float]
    interval: tuple[Sequence[float], Sequence[float]] | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes with its lines. ``percent`` writes 0.82 as 82 %."""

    title: str
    series: Sequence[Series]
    percent: bool = False


def curves(panels: Sequence[Panel], x: Sequence[float] | None = None, x_label: str = "epoch", title: str = "") -> Plot:
    """Draw panels side by side, such as loss and accuracy over epochs. ``x`` counts from 1 if not given.

    Raises:
        PhospheneError: a line has another number of values than ``x``.
    """
    for series in (line for panel in panels for line in panel.series):
        if x is not None and len(series.values) != len(x):
            count = f"{len(series.values)} values for {len(x)} places"
            raise PhospheneError(f"the line {series.name!r} has {count}; give as many of one as of the other")

    def draw(canvas: Canvas, theme: Theme) -> None:
        for axes, panel in zip(canvas.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _panel(axes, panel, x, theme)
            axes.set_xlabel(x_label)

    return Plot(draw, (3.4 * len(panels), 2.3), title)


def _panel(axes: Axes, panel: Panel, x: Sequence[float] | None, theme: Theme) -> None:
    axes.set_title(clean(panel.title))
    quiet_grid(axes, "y")
    ends = []
    for i, series in enumerate(panel.series):
        colour = theme.series[i % len(theme.series)]
        values = np.asarray(series.values, dtype=float)
        places = np.arange(1, len(values) + 1) if x is None else np.asarray(x, dtype=float)
        axes.plot(places, values, color=colour, marker="o" if len(values) < 3 else None, markersize=3)
        if series.interval:
            low, high = (np.asarray(end, dtype=float) for end in series.interval)
            axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
        finite = np.flatnonzero(np.isfinite(values))
        if finite.size:
            ends.append((values[finite[-1]], places[finite[-1]], series.name, colour))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=x is None, min_n_ticks=1))
    if panel.percent:
        axes.yaxis.set_major_formatter(percents)
    _name_ends(axes, ends)


def _name_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write each line's name at its right end, moved up or down where two would overlap."""
    low, high = axes.get_ylim()
    ends = sorted(ends)
    heights = _spread([value for value, *_ in ends], _LABEL_HEIGHT * (high - low), high)
    for height, (_, place, name, colour) in zip(heights, ends, strict=True):
        axes.annotate(
            short(name),
            (place, height),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )


def _spread(heights: list[float], apart: float, top: float) -> list[float]:
    """Return rising ``heights`` moved up until they are ``apart``, and down again from ``top`` where that is passed."""
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + apart)
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], top - apart * (len(heights) - 1 - i))
    return heights
