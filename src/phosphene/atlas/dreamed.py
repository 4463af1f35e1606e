"""The dreams of units, as far as they can be checked without looking at their pictures."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from phosphene.atlas.records import LayerInfo

DREAMS = 100
"""Pictures that a unit may have."""


def check_dreams(connection: sqlite3.Connection, layers: Sequence[LayerInfo]) -> None:
    """Check that dreams are of units that there are, and each unit's numbered from 0.

    Raises:
        ValueError: they are not.
    """
    sizes = {layer.name: layer.units for layer in layers}
    found = connection.execute("SELECT layer, unit, count(*), min(rank), max(rank) FROM dreams GROUP BY layer, unit")
    for layer, unit, count, first, last in found:
        if not 0 <= unit < sizes.get(layer, 0):
            raise ValueError("dreams are of a unit that no layer has")
        if (first, last) != (0, count - 1) or count > DREAMS:
            raise ValueError(f"dreams of {layer}:{unit} are missing, or too many")
