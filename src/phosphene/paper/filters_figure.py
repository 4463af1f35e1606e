"""Filters as pictures (figure 6 of the paper), and what was measured of every layer beside one another."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, NullLocator
from PIL import Image

from phosphene.draw.colour import Bytes, filters, signed
from phosphene.draw.plot import percents, quiet_grid, short
from phosphene.draw.plots import Plot
from phosphene.draw.scaling import Scale, measure
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.draw.theme import Theme
from phosphene.evidence.phrases import percent

if TYPE_CHECKING:
    from phosphene.paper.filters_network import Filters, LayerFilters

SHOWN = 512
"""Filters that fit on a sheet."""
CHANNELS = 16
"""Channels of a filter that are shown, where they are shown one by one."""


def pictures_sheet(found: Filters, scale: Scale) -> Sheet:
    """Draw each filter of the first layer; those of other than 1 or 3 channels as a group of grey pictures."""
    layer = found.layers[0]
    weights = layer.weights[:SHOWN].detach().cpu().float()
    scaling = measure(weights, scale)
    drawn = filters(weights, scaling) if weights.shape[1] != 1 else signed(weights, scaling)
    members = [
        _tile(layer, k, picture, bool(empty)) if picture.ndim == 3 else _group(layer, k, picture, bool(empty))
        for k, (picture, empty) in enumerate(zip(drawn, scaling.empty, strict=True))
    ]
    return Sheet(
        members,
        columns=_columns(len(members)),
        title=f"{found.network} · filters of the first layer, {layer.layer}",
        subtitle=f"{_size(layer)}; number, RMS of the weights. {found.findings[0].sentence}",
        scale_note=f"Zero is mid-grey. {scaling.note}",
    )


def _size(layer: LayerFilters) -> str:
    count, channels, height, width = layer.weights.shape
    one_by_one = channels not in (1, 3)
    which = f"the first {CHANNELS} of {channels}" if channels > CHANNELS else f"{channels}"
    cut = f", the first {SHOWN} of {count}" if count > SHOWN else ""
    return f"{height}x{width} pixels{f', {which} channels one by one' if one_by_one else ''}{cut}"


def _tile(layer: LayerFilters, filter_: int, picture: Bytes, is_empty: bool) -> Tile:
    return Tile(
        None if is_empty else Image.fromarray(picture),
        label=str(filter_),
        value=f"{layer.rms[filter_]:.2g}",
        captions=tuple(_flags(layer, filter_)),
        note="all weights are nought" if is_empty else "",
        around_grey=True,
    )


def _group(layer: LayerFilters, filter_: int, channels: Bytes, is_empty: bool) -> Group:
    tiles = tuple(
        Tile(None if is_empty else Image.fromarray(channel), note="nought" if is_empty else "", around_grey=True)
        for channel in channels[:CHANNELS]
    )
    words = ", ".join([str(filter_), *_flags(layer, filter_)])
    return Group(tiles, ceil(sqrt(len(tiles))), words, f"{layer.rms[filter_]:.2g}")


def _columns(count: int) -> int:
    """Return so many columns that rows are full and the sheet is wider than high."""
    wide = max(1, ceil(sqrt(count * 1.5)))
    return next((n for n in range(wide, min(2 * wide, count) + 1) if count % n == 0), min(wide, count))


def _flags(layer: LayerFilters, filter_: int) -> list[str]:
    flags = ["dead"] if layer.dead[filter_] else []
    twins = [p.second if p.first == filter_ else p.first for p in layer.duplicates if filter_ in (p.first, p.second)]
    return flags + ([f"like {', '.join(map(str, twins))}"] if twins else [])


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
    axes.set_xticks([0, 0.5, 1])
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
    axes.xaxis.set_major_locator(LogLocator(numticks=4))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title("RMS: range, median")
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
