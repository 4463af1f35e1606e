"""Table 1 of the paper as a figure: the pictures with their parts, and each part's distance beside random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from phosphene.draw.plot import quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme

if TYPE_CHECKING:
    from phosphene.paper.correspondence_network import Agreement, Compared, Correspondence

_PICTURES = 7
_SIDE = 160  # pixels of a picture in the figure


def parts_plot(found: Correspondence) -> Plot:
    """Draw pictures above, a panel for each layer below: dot and bar are the part, crosses are boxes elsewhere."""
    shown = found.shown[:_PICTURES]
    width = 3.0 * max(2, len(found.layers)) + 0.3

    def draw(canvas: Canvas, theme: Theme) -> None:
        above, below = 0.98 * width / max(4, len(shown)), _high(found)
        halves = canvas.subfigures(2, 1, squeeze=False, height_ratios=(above, below))
        top, bottom = halves[0, 0], halves[1, 0]
        for axes, (picture, boxes) in zip(top.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            _picture(axes, picture, boxes, theme)
        panels = bottom.subplots(2, len(found.layers), squeeze=False, sharey=True)
        for column, layer in enumerate(found.layers):
            own = [each for each in found.agreements if each.layer == layer]
            _panel(panels[0, column], own, [each.distance for each in own], theme)
            _panel(panels[1, column], own, [each.agreement for each in own], theme)
            panels[0, column].set_title(short(layer, 1.6))
            panels[0, column].set_xlabel("distance: features that change in another direction", fontsize=6)
            panels[0, column].set_xlim(left=0)
            panels[1, column].set_xlabel("agreement beyond chance", fontsize=6)
        bottom.legend(*panels[0, 0].get_legend_handles_labels(), frameon=False, fontsize=6, ncols=3,
                      loc="outside lower left")  # fmt: skip

    title = f"{found.network} · the same part hidden in {len(found.shown)} pictures"
    return Plot(draw, (width, 0.98 * width / max(4, len(shown)) + _high(found) + 0.3), title)


def _high(found: Correspondence) -> float:
    """Return the height of the panels in inches."""
    return 0.5 * len(found.parts) + 1.4


def _picture(axes: Axes, picture: object, boxes: tuple[tuple[int, int, int, int], ...], theme: Theme) -> None:
    image = picture.copy()  # type: ignore[attr-defined]
    image.thumbnail((_SIDE, _SIDE))
    times = image.width / picture.width  # type: ignore[attr-defined]
    axes.imshow(np.asarray(image), interpolation="nearest")
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        corner, size = (x0 * times - 0.5, y0 * times - 0.5), ((x1 - x0) * times, (y1 - y0) * times)
        colour = theme.series[number % len(theme.series)]
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=1.2))
    axes.set_axis_off()


def _panel(axes: Axes, agreements: list[Agreement], measured: list[Compared], theme: Theme) -> None:
    for row, each in enumerate(measured):
        colour = theme.series[row % len(theme.series)]
        words = ("random boxes", "where others have it", "the part, 95 %") if row == 0 else (None, None, None)
        axes.plot(each.random, np.full(len(each.random), row + 0.22), "|", color=theme.faint, markersize=4, alpha=0.6,
                  label=words[0])  # fmt: skip
        axes.plot(each.elsewhere, np.full(len(each.elsewhere), row), "x", color=theme.ink, markersize=3,
                  markeredgewidth=0.7, label=words[1])  # fmt: skip
        if each.interval:
            axes.plot([each.interval.low, each.interval.high], [row - 0.22] * 2, color=colour, linewidth=2, alpha=0.5)
        axes.plot([each.mean], [row - 0.22], "o", color=colour, markersize=4, label=words[2])
    axes.set_yticks(range(len(agreements)), [short(each.part, 1.2) for each in agreements])
    axes.set_ylim(len(agreements) - 0.5, -0.6)
    axes.locator_params(axis="x", nbins=5)
    quiet_grid(axes, "x")
