"""Filters as pictures (figure 6 of the paper), and what was measured of every layer beside one another."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import NullLocator
from PIL import Image

from phosphene.draw.colour import GREY, Bytes, filters, signed
from phosphene.draw.plot import percents, quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.scaling import Scale, measure
from phosphene.draw.sheet import Sheet, Tile
from phosphene.draw.theme import Theme
from phosphene.evidence.phrases import percent

if TYPE_CHECKING:
    from phosphene.paper.filters_network import Filters, LayerFilters

SHOWN = 512
"""Filters that fit on a sheet."""


def pictures_sheet(found: Filters, scale: Scale) -> Sheet:
    """Draw each filter of the first layer; the channels of those that are neither 1 nor 3 stand beside each other."""
    layer = found.layers[0]
    weights = layer.weights[:SHOWN].detach().cpu().float()
    scaling = measure(weights, scale)
    if weights.shape[1] in (1, 3):
        drawn = [np.asarray(one) for one in signed(weights, scaling)]
    else:
        drawn = [_mosaic(one) for one in filters(weights, scaling)]
    tiles = [
        Tile(
            None if scaling.empty[k] else Image.fromarray(picture),
            label=str(k),
            value=f"{layer.rms[k]:.2g}",
            captions=tuple(_flags(layer, k)),
            note="all weights are nought" if scaling.empty[k] else "",
            around_grey=True,
        )
        for k, picture in enumerate(drawn)
    ]
    height, width = weights.shape[2:]
    channels = "" if weights.shape[1] in (1, 3) else f", {weights.shape[1]} channels of each beside one another"
    cut = f", the first {SHOWN} of {len(layer.weights)}" if len(layer.weights) > SHOWN else ""
    return Sheet(
        tiles,
        columns=_columns(len(tiles)),
        title=f"{found.network} · filters of the first layer, {layer.layer}",
        subtitle=f"{height}x{width} pixels{channels}{cut}; number, RMS of the weights. {found.findings[0].sentence}",
        scale_note=f"Zero is mid-grey. {scaling.note}",
    )


def _columns(count: int) -> int:
    """Return so many columns that rows are full and the sheet is wider than high."""
    wide = max(1, ceil(sqrt(count * 1.5)))
    return next((n for n in range(wide, min(2 * wide, count) + 1) if count % n == 0), min(wide, count))


def _flags(layer: LayerFilters, filter_: int) -> list[str]:
    flags = ["dead"] if layer.dead[filter_] else []
    twins = [p.second if p.first == filter_ else p.first for p in layer.duplicates if filter_ in (p.first, p.second)]
    return flags + ([f"like {', '.join(map(str, twins))}"] if twins else [])


def _mosaic(channels: Bytes) -> Bytes:
    """Put the channels (C, h, w, 3) of a filter into a square of pictures, a pixel of grey between them."""
    count, height, width, _ = channels.shape
    across = ceil(sqrt(count))
    down = ceil(count / across)
    whole: Bytes = np.full((down * (height + 1) - 1, across * (width + 1) - 1, 3), GREY, np.uint8)
    for number, channel in enumerate(channels):
        top, left = (height + 1) * (number // across), (width + 1) * (number % across)
        whole[top : top + height, left : left + width] = channel
    return whole


# -- every layer -------------------------------------------------------------------------------------------------

_ROW = 0.155  # inches
_BANDS = ("low", "middle", "high")


def layers_plot(found: Filters) -> Plot:
    """Draw a row for each layer: energy by frequency, RMS, dead filters, duplicates, and what a stride aliases."""
    names = found.order
    by_name = {layer.layer: layer for layer in found.layers}
    folded = {each.layer: each for each in found.strided}

    def draw(canvas: Canvas, theme: Theme) -> None:
        panels = canvas.subplots(1, 5, sharey=True, width_ratios=(1.5, 1.3, 1, 1, 1))
        convolutions = [(row, by_name[name]) for row, name in enumerate(names) if name in by_name]
        _bands(panels[0], convolutions, theme)
        _sizes(panels[1], convolutions, theme)
        _bars(panels[2], "dead", [(row, float(layer.dead.mean())) for row, layer in convolutions], theme)
        _bars(panels[3], "duplicates", [(row, _paired(layer)) for row, layer in convolutions], theme)
        strided = [(row, folded[name].mean) for row, name in enumerate(names) if name in folded]
        _bars(panels[4], "aliased", strided, theme)
        panels[0].set_yticks(range(len(names)), [short(name, 1.5) for name in names], color=theme.ink)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        for axes in panels:
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)

    return Plot(draw, (7.6, 0.95 + _ROW * max(3, len(names))), f"{found.network} · filters of every layer")


def _paired(layer: LayerFilters) -> float:
    return len({k for pair in layer.duplicates for k in (pair.first, pair.second)}) / len(layer.weights)


def _bands(axes: Axes, rows: list[tuple[int, LayerFilters]], theme: Theme) -> None:
    start = np.zeros(len(rows))
    shares = np.array([layer.energy for _, layer in rows]).reshape(-1, 3)
    places = [row for row, _ in rows]
    for band, name in enumerate(_BANDS):
        width = np.nan_to_num(shares[:, band])
        axes.barh(places, width, left=start, height=0.7, color=theme.series[band], label=name)
        start = start + width
    for place, share in zip(places, shares, strict=True):
        if np.isnan(share[0]):
            axes.text(0.01, place, "one pixel", color=theme.faint, fontsize=5, va="center")
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(percents)
    axes.set_title("energy by frequency")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False, fontsize=5.5,
                handlelength=0.8, columnspacing=0.8, borderaxespad=2.6)  # fmt: skip


def _sizes(axes: Axes, rows: list[tuple[int, LayerFilters]], theme: Theme) -> None:
    places = [row for row, _ in rows]
    smallest, middle, largest = (
        np.array([np.quantile(layer.rms, q) for _, layer in rows]).clip(min=1e-4) for q in (0.0, 0.5, 1.0)
    )
    axes.hlines(places, smallest, largest, color=theme.series[0], linewidth=1.2)
    axes.plot(middle, places, "o", color=theme.series[0], markersize=2.4)
    if rows:
        axes.axvline(rows[0][1].radius, color=theme.series[1], linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda size, place: f"{size:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title("RMS: range and median")
    quiet_grid(axes, "x")


def _bars(axes: Axes, title: str, rows: list[tuple[int, float]], theme: Theme) -> None:
    values = np.array([value for _, value in rows], dtype=float)
    axes.barh([row for row, _ in rows], np.nan_to_num(values), height=0.7, color=theme.series[0])
    top = float(np.nan_to_num(values).max(initial=0.0))
    limit = 1.3 * top if top > 0 else 1.0
    for row, value in rows:
        text, end = ("–", 0.0) if np.isnan(value) else (percent(value), value)
        axes.text(end + 0.02 * limit, row, text, color=theme.faint, fontsize=5, va="center")
    axes.set_xlim(0, limit)
    axes.xaxis.set_major_formatter(percents)
    axes.set_title(title)
    axes.locator_params(axis="x", nbins=3)
