"""The five panels of the paper's figure 7."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch, Rectangle

from phosphene.arrays import Floats
from phosphene.draw.plot import short
from phosphene.draw.plots import Plot
from phosphene.draw.theme import Theme
from phosphene.evidence.phrases import counted
from phosphene.project.picture import input_pictures, pictures

if TYPE_CHECKING:
    from phosphene.paper.occlusion_picture import Occlusion

_NAMED = 5  # classes with a colour of their own


def panels(found: Occlusion) -> Plot:
    """Draw the picture, the map's total, its projection, the true class's probability, the most probable class."""

    def draw(canvas: Canvas, theme: Theme) -> None:
        top = canvas.subplots(1, 5)
        for axes in top:
            _bare(axes, found, theme)
        _picture(top[0], found, theme)
        _heat(top[1], found, found.total, float(max(found.total.max(), found.whole.total)))
        top[1].set_title(f"(b) {short(str(found.unit), 1.2)}, summed")
        _projection(top[2], found)
        _heat(top[3], found, found.probability, 1.0)
        top[3].set_title(f"(d) p({short(found.label.name, 1.1)})")
        _classes(top[4], found, theme)

    title = " · ".join(
        filter(None, (found.network, found.picture, f"{found.fill} square of {found.slide.side} pixels"))
    )
    return Plot(draw, (9.6, 2.6), title)


def _bare(axes: Axes, found: Occlusion, theme: Theme) -> None:
    height, width = found.slide.size
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(theme.hatch_ground)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _picture(axes: Axes, found: Occlusion, theme: Theme) -> None:
    """Show the picture with the square where the true class loses most."""
    _shown(axes, np.asarray(input_pictures(found.image[None])[0]), found)
    row, column = np.unravel_index(int(found.probability.argmin()), found.probability.shape)
    top, left, _, _ = found.slide.squares[row, column].tolist()
    grey = "#808080" if found.fill == "grey" else "none"
    side = found.slide.side
    axes.add_patch(Rectangle((left, top), side, side, facecolor=grey, edgecolor="white", linewidth=1.0))
    axes.set_title("(a) picture")
    axes.set_xlabel(f"square where {short(found.label.name)}\nloses most", fontsize=6)


def _projection(axes: Axes, found: Occlusion) -> None:
    drawn, _ = pictures(found.projection.pixels[0].detach().cpu())
    if drawn[0] is None:
        axes.text(0.5, 0.5, "not active here", transform=axes.transAxes, ha="center", va="center")
    else:
        _shown(axes, np.asarray(drawn[0]), found)
    axes.set_title("(c) projection of (b)")
    axes.set_xlabel(f"{found.projection.way.rule}, {found.projection.way.unpool};\nzero is grey", fontsize=6)


def _shown(axes: Axes, pixels: np.ndarray, found: Occlusion) -> None:
    height, width = found.slide.size
    axes.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest")


def _edges(starts: list[int], side: int) -> Floats:
    """Return where the cells of places end: half-way between the middles of neighbouring squares."""
    middles = np.asarray(starts, float) + side / 2
    if len(middles) == 1:
        return np.array([middles[0] - side / 2, middles[0] + side / 2])
    inner = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[2 * middles[0] - inner[0]], inner, [2 * middles[-1] - inner[-1]]])


def _faded(axes: Axes, found: Occlusion) -> None:
    """Show the picture faintly, where the middle of the square never is."""
    _shown(axes, np.asarray(input_pictures(found.image[None])[0].convert("L").convert("RGB")), found)
    axes.images[-1].set_alpha(0.3)


def _heat(axes: Axes, found: Occlusion, values: Floats, largest: float) -> None:
    """Show a figure at the middle of the square, on a scale from nought, or the smallest below."""
    _faded(axes, found)
    down, across = (_edges(start, found.slide.side) for start in found.slide.starts)
    scale = Normalize(min(0.0, float(values.min())), largest or 1.0)
    axes.pcolormesh(across, down, values, cmap="magma", norm=scale, rasterized=True)
    place = axes.inset_axes((0.04, -0.09, 0.92, 0.045))
    bar = place.figure.colorbar(ScalarMappable(scale, "magma"), cax=place, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.ax.locator_params(nbins=4)
    bar.ax.tick_params(labelsize=6)


def _classes(axes: Axes, found: Occlusion, theme: Theme) -> None:
    often = [label for label, _ in Counter(found.best.flatten().tolist()).most_common()]
    often = sorted(often, key=lambda label: (label != found.label.index, label != found.whole.best))
    named = often[:_NAMED]
    place = {label: number for number, label in enumerate(named)}
    cells = np.vectorize(lambda label: place.get(label, len(named)))(found.best)
    colours = [*theme.series[: len(named)], theme.rule]
    down, across = (_edges(start, found.slide.side) for start in found.slide.starts)
    norm = Normalize(-0.5, len(colours) - 0.5)
    _faded(axes, found)
    axes.pcolormesh(across, down, cells, cmap=ListedColormap(colours), norm=norm, rasterized=True)
    axes.set_title("(e) most probable class")
    entries = [Patch(color=colours[number], label=short(found.names[label], 1.0)) for label, number in place.items()]
    if len(often) > len(named):
        entries.append(Patch(color=theme.rule, label=counted(len(often) - len(named), "other")))
    axes.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, frameon=False, fontsize=5.5,
                handlelength=0.8, handleheight=0.8, columnspacing=0.8, borderaxespad=0.2)  # fmt: skip
