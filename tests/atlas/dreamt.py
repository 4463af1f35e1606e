"""Dreams of units of the synthetic scan, by arithmetic: three of relu1:0, one of relu2:3, none of others."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from phosphene.atlas.dreaming import DreamWriter
from phosphene.atlas.records import DreamRow

UNITS = {("relu1", 0): 3, ("relu2", 3): 1}
"""So many pictures each."""
OPTIONS = json.dumps({"method": "fourier", "steps": 64})


def of(layer: str, unit: int, count: int | None = None) -> list[tuple[DreamRow, Image.Image]]:
    """The dreams of a unit; of relu2:3 there is one seed, and nothing to compare with."""
    many = UNITS[layer, unit] if count is None else count
    return [(row(layer, unit, rank), picture(unit + rank)) for rank in range(many)]


def row(layer: str, unit: int, rank: int) -> DreamRow:
    alone = (layer, unit) == ("relu2", 3)
    value = 0.0 if alone else 3 + rank / 8
    ratio, quantile = (math.nan, math.nan) if alone else (1.5 - rank / 4, 1 - rank / 16)
    caution = "one seed only: another may show something else" if alone else ""
    sentence = "" if alone else "Between seeds: correlation of pixels 0.10, structure 0.20."
    texts = "fourier, 64 steps", OPTIONS, sentence, caution
    return DreamRow(layer, unit, rank, 7 + rank, value, 2 * value, 0.25, ratio, quantile, *texts)


def picture(number: int) -> Image.Image:
    """Noise of 12 x 10: what a lossy copy would change."""
    cells = np.random.default_rng(number).integers(0, 256, (10, 12, 3), np.uint8)
    return Image.fromarray(cells)


def store(path: Path) -> None:
    with DreamWriter.open(path) as writer:
        for unit in UNITS:
            writer.store(*unit, of(*unit))
