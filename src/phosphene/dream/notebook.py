"""How a dream shows itself in a notebook: its pictures with their seeds, and how far to believe them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phosphene.draw.notebook import note, tile, tiles, whole
from phosphene.dream.sheet import SILENT, drawn

if TYPE_CHECKING:
    from phosphene.dream.result import Dream

_SIDE = 144
"""Pixels of a tile's side."""
_MOST = 24
"""So many pictures are shown."""


def dream_html(dream: Dream) -> str:
    """Return what shows a dream: pictures embedded, the first ones of many."""
    seeds, count = dream.activation.shape
    places = [(seed, index) for seed in range(seeds) for index in range(count)]
    figures = [_figure(dream, seed, index) for seed, index in places[:_MOST]]
    more = len(places) - len(figures)
    left_out = f"Not shown: {more:,} more; .sheet() draws all." if more else ".sheet() draws the same as one picture."
    return whole(f"{dream.network} · {dream.name}", " ".join(dream.sentences), tiles(figures), note(left_out))


def _figure(dream: Dream, seed: int, index: int) -> str:
    value = f"{float(dream.activation[seed, index]):.4g}"
    lines = f"seed {dream.seeds[seed]}", value
    said = f"what drives {dream.name}, from {lines[0]}: {value}"
    picture = None if dream.silent else drawn(dream, seed, index)[0]
    return tile(picture, lines, _SIDE, said, SILENT)
