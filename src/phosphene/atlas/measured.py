"""The trust rows of units: each unit's are sealed together, so that adding some does not hash all again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby, islice, zip_longest

from phosphene.atlas.records import LayerInfo
from phosphene.atlas.rows import Row, absorb
from phosphene.atlas.schema import MEASURED, TRUST

QUESTIONS = 100
"""Rows that a unit may have."""


def unit_sha256(rows: Iterable[Row]) -> str:
    """Return the hash that seals the trust rows of one unit, given in the order of their questions."""
    digest = hashlib.sha256()
    absorb(digest, TRUST, rows)
    return digest.hexdigest()


def check_trust(connection: sqlite3.Connection, layers: Sequence[LayerInfo]) -> None:
    """Check that the units that are called measured, and no others, have the rows that were sealed.

    Raises:
        ValueError: they have not.
    """
    units = connection.execute(MEASURED.select())
    found = groupby(connection.execute(TRUST.select()), lambda row: row[:2])
    sizes = {layer.name: layer.units for layer in layers}
    for measured, group in zip_longest(units, found):
        if measured is None or group is None or measured[:2] != group[0]:
            raise ValueError("trust rows are missing, or are of no unit")
        if not 0 <= measured[1] < sizes.get(measured[0], 0):
            raise ValueError("trust rows are of a unit that no layer has")
        rows = list(islice(group[1], QUESTIONS + 1))
        if len(rows) > QUESTIONS or unit_sha256(rows) != measured[2]:
            raise ValueError(f"trust rows of {measured[0]}:{measured[1]} changed")
