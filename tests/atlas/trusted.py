"""Trust rows of the synthetic scan, by arithmetic: of all units of relu1 and relu2, none of pool."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from zlib import crc32

from phosphene.atlas.records import LayerInfo, TrustRow
from tests.atlas import synthetic

ABOUT = json.dumps({"--examples": 4, "--seed": 0, "versions": {"phosphene": "0.1.0"}})
QUESTIONS = ("occlusion", "recall", "specificity")


def units() -> list[tuple[str, int]]:
    return [(layer.name, unit) for layer, unit in synthetic.addresses() if layer.name != "pool"]


def of(layer: str, unit: int) -> list[TrustRow]:
    return [row(layer, unit, question) for question in QUESTIONS]


def row(layer: str, unit: int, question: str) -> TrustRow:
    """relu2:5 is dead and nothing is measured of it; figures below 1/4 come with a caution."""
    if (layer, unit) == ("relu2", 5):
        nothing = f"{layer}:{unit} is not active on any picture."
        return TrustRow(layer, unit, question, math.nan, None, None, None, "", nothing, "dead on 4 images")
    value = crc32(f"{layer} {unit} {question}".encode()) % 9 / 8
    caution = "this picture would look much the same for any unit" if value < 0.25 else ""
    low, high = (value - 0.125, value + 0.25) if question != "recall" else (None, None)
    sentence = f"{question} of {layer}:{unit} is {value:.3f} <é>."
    return TrustRow(layer, unit, question, value, low, high, 0.5, "other units at the same place", sentence, caution)


def rows(layers: tuple[LayerInfo, ...] = synthetic.LAYERS) -> Iterator[TrustRow]:
    names = {layer.name for layer in layers}
    return (row for unit in units() if unit[0] in names for row in of(*unit))
