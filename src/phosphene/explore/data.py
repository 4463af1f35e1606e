"""A unit's figures for other programs, as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, fields
from math import isfinite
from typing import Any

from phosphene.atlas.records import DreamRow, Example
from phosphene.atlas.unit import AtlasUnit
from phosphene.explore.shelf import Shelf

COLUMNS = ("question", "value", "low", "high", "baseline", "compared_with", "sentence", "caution")


def unit_data(shelf: Shelf, unit: AtlasUnit) -> dict[str, Any]:
    """Return all that the atlas holds of a unit, but for pictures; what is no finite number is None."""
    manifest = shelf.atlas.manifest
    found = {
        "unit": str(unit),
        "network": manifest.network,
        "weights": manifest.weights,
        "images": manifest.images,
        "stats": asdict(unit.stats),
        "strongest": [_example(unit, example) for example in unit.examples],
        "typical": [_example(unit, example) for example in unit.typical],
        "classes": [asdict(row) for row in unit.classes],
        "visible": [asdict(row) for row in unit.visible],
        "correlated": [asdict(row) for row in unit.correlated],
        "trust": [asdict(row) for row in unit.evidence],
        "dreams": [_dream(row) for row in unit.dreams],
    }
    return {name: finite(value) for name, value in found.items()}


def _example(unit: AtlasUnit, example: Example) -> dict[str, Any]:
    image = unit.image(example)
    return asdict(example) | {"name": image.name, "label": image.label}


def _dream(dream: DreamRow) -> dict[str, Any]:
    """The picture is a file of its own."""
    return {field.name: getattr(dream, field.name) for field in fields(DreamRow)}


def finite(value: Any) -> Any:
    """Return data with None for numbers that JSON does not have."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def unit_csv(shelf: Shelf, unit: AtlasUnit) -> str:
    """Return a unit's figures, one to a line: those of the scan, then those of trust."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("unit", *COLUMNS))
    for row in _rows(unit):
        writer.writerow((str(unit), *map(_cell, row)))
    return file.getvalue()


def _rows(unit: AtlasUnit) -> Iterator[tuple[object, ...]]:
    for name, value in asdict(unit.stats).items():
        if name not in ("layer", "unit"):
            yield name, value
    for row in unit.evidence:
        yield tuple(getattr(row, column) for column in COLUMNS)


def _cell(value: object) -> object:
    """A spreadsheet must not take a name from outside for a formula."""
    if isinstance(value, float):
        return value if isfinite(value) else ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
