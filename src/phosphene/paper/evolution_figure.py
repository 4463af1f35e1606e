"""Figure 4 of the paper: a row for each unit, patch and projection at every moment, and how selective it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from phosphene.draw.plot import quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme
from phosphene.project.picture import input_pictures, pictures

if TYPE_CHECKING:
    from phosphene.paper.evolution_units import Evolution, Life

_CELL = 2.25  # patch, projection, and the space to the next moment, in edges of a tile
_EDGE = 0.4  # of a tile, inches
_JUMP = 1  # of a theme's series


def strips(found: Evolution) -> Plot:
    """Draw the units that have pictures, layer after layer."""
    rows = [(life, n) for life in found.lives for n in range(len(life.drawn))]
    wide = _CELL * len(found.moments)
    highest = [life.interval[1][:, life.drawn] for life in found.lives]
    top = 1.05 * max((float(np.nanmax(each)) for each in highest if np.isfinite(each).any()), default=1.0)

    def draw(canvas: Canvas, theme: Theme) -> None:
        grid = canvas.subplots(len(rows), 2, squeeze=False, width_ratios=(wide, 3.2))
        for (strip, curve), (life, n) in zip(grid, rows, strict=True):
            _strip(strip, life, n, theme)
            _curve(curve, found, life, n, theme)
            curve.set_ylim(0, top)
        _head(grid[0][0], found)
        grid[0][1].set_title("selectivity, 95 %")
        for axes in grid[:-1, 1]:
            axes.tick_params(labelbottom=False)
        places = range(len(found.moments))
        grid[-1][1].set_xticks(places, [_brief(name) for name in found.moments], fontsize=5.5)
        note = "Patch and projection of the strongest picture; each projection has its own scale, zero is grey. "
        marks = [Rectangle((0, 0), 1, 1, color=theme.series[_JUMP])]
        canvas.legend(marks, [note + "Bar: another picture than before."], loc="outside lower left", frameon=False,
                      fontsize=6, handlelength=0.4, handleheight=1.2)  # fmt: skip

    size = (_EDGE * (wide + 4.9), (_EDGE + 0.19) * len(rows) + 0.7)
    return Plot(draw, size, f"{found.network} in training · {len(found.pictures):,} pictures")


def _brief(name: str) -> str:
    """Return the number of a moment's name where it ends in one."""
    return name.rsplit(" ", 1)[-1] if name[-1:].isdecimal() else short(name, 0.4)


def _head(axes: Axes, found: Evolution) -> None:
    for n, name in enumerate(found.moments):
        axes.text(n * _CELL, -0.12, short(name, 0.8), fontsize=6, va="bottom")


def _strip(axes: Axes, life: Life, n: int, theme: Theme) -> None:
    moments = len(life.strongest)
    axes.set_xlim(-0.15, _CELL * moments)
    axes.set_ylim(1, 0)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([0.5], [f"{short(life.layer, 0.8)}:{life.units[life.drawn[n]]}"])
    axes.tick_params(length=0, labelcolor=theme.ink)
    for spine in axes.spines.values():
        spine.set_visible(False)
    seen = input_pictures(life.patches[:, n])
    sent, _ = pictures(life.projections[:, n])
    for moment, (patch, projection) in enumerate(zip(seen, sent, strict=True)):
        left = moment * _CELL
        if life.strongest[moment, life.drawn[n]] < 0 or projection is None:
            axes.add_patch(Rectangle((left, 0), 2, 1, color=theme.hatch_ground))
            axes.text(left + 1, 0.5, "not active", fontsize=5.5, ha="center", va="center", color=theme.faint)
        else:
            for offset, image in ((0, patch), (1, projection)):
                extent = (left + offset, left + offset + 1, 1, 0)
                axes.imshow(np.asarray(image), extent=extent, interpolation="nearest", aspect="equal")
        if life.jumps[moment, life.drawn[n]]:
            axes.add_patch(Rectangle((left - 0.15, 0), 0.1, 1, color=theme.series[_JUMP], linewidth=0))
    axes.set_xlim(-0.15, _CELL * moments)
    axes.set_ylim(1, 0)


def _curve(axes: Axes, found: Evolution, life: Life, n: int, theme: Theme) -> None:
    place, x = life.drawn[n], np.arange(len(found.moments))
    low, high = life.interval[:, :, place]
    axes.fill_between(x, low, high, color=theme.series[0], alpha=0.18, linewidth=0)
    axes.plot(x, life.selectivity[:, place], color=theme.series[0], linewidth=1)
    jumps = np.flatnonzero(life.jumps[:, place])
    axes.plot(jumps, life.selectivity[jumps, place], "o", color=theme.series[_JUMP], markersize=2.2)
    axes.locator_params(axis="y", nbins=2)
    axes.tick_params(labelsize=5.5)
    axes.set_xticks(x)
    quiet_grid(axes, "y")
