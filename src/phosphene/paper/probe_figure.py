"""Table 7 of the paper as a curve: accuracy by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from phosphene.arrays import Floats
from phosphene.draw.plot import percents, quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme
from phosphene.evidence.bootstrap import mean_interval

if TYPE_CHECKING:
    from phosphene.paper.probe_layers import Probe


def depths(found: Probe) -> Plot:
    """Draw the network's accuracy by layer, the untrained one's, and chance, with 95 % intervals."""

    def draw(canvas: Canvas, theme: Theme) -> None:
        axes = canvas.subplots()
        trained = [depth.right for depth in found.depths]
        before = [found.depths[0].right if n == 0 else depth.untrained for n, depth in enumerate(found.depths)]
        if all(each is not None for each in before):
            _line(axes, [each for each in before if each is not None], theme.series[1], "untrained")
        _line(axes, trained, theme.series[0], "trained")
        axes.axhline(found.chance, color=theme.faint, linewidth=0.8, linestyle=":", label="largest class")
        names = [short(depth.layer, 0.9) for depth in found.depths]
        axes.set_xticks(range(len(names)), names, rotation=35 if len(names) > 5 else 0,
                        ha="right" if len(names) > 5 else "center", rotation_mode="anchor")  # fmt: skip
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(percents)
        axes.set_ylabel("named rightly")
        axes.set_xlabel(f"{found.classifier} on {found.grid}x{found.grid} means of each map, {found.folds} folds")
        quiet_grid(axes, "y")
        axes.legend(frameon=False, fontsize=6.5, loc="upper left", ncols=3)

    title = f"{found.network} · {found.pictures:,} pictures · {len(found.classes)} classes"
    return Plot(draw, (max(4.2, 0.42 * len(found.depths) + 1.2), 3.1), title)


def _line(axes: Axes, rights: list[Floats], colour: str, name: str) -> None:
    x = np.arange(len(rights))
    axes.plot(x, [right.mean() for right in rights], color=colour, marker="o", markersize=2.5, label=name)
    between = [mean_interval(right) for right in rights]
    low = [each.low if each else np.nan for each in between]
    high = [each.high if each else np.nan for each in between]
    axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
