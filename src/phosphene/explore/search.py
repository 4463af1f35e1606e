"""The index that the search page looks in: which units go with which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from phosphene.explore.figures import SPECIFICITY, LayerFigures, UnitFigures

MOST = 60
"""Units of a layer that are found for one class."""


def index(classes: Sequence[str], slugs: Mapping[str, str], layers: Iterable[LayerFigures]) -> dict[str, Any]:
    """Return layers, and for each unit its state, causes and figures; for each class the units that prefer it."""
    found = list(layers)
    return {
        "layers": [{"name": name, "slug": slug} for name, slug in slugs.items()],
        "classes": _classes(classes, found),
        "units": [
            [number, *_unit(each, layer)] for number, layer in enumerate(found) for each in layer.units[: layer.shown]
        ],
        "questions": sorted({row.question for layer in found for each in layer.units for row in each.trust}),
        "measured": [
            [number, each.index, {row.question: _short(row.value) for row in each.trust}]
            for number, layer in enumerate(found)
            for each in layer.units[: layer.shown]
            if each.trust
        ],
    }


def _unit(unit: UnitFigures, layer: LayerFigures) -> list[Any]:
    row = next((row for row in unit.trust if row.question == SPECIFICITY), None)
    return [
        unit.index,
        int(unit.stats.dead),
        int(unit.index in layer.twins),
        [[word, _short(share)] for word, share in unit.causes],
        _short(unit.stats.explained),
        None if row is None else int(bool(row.caution)),
        int(bool(unit.stats.nonfinite)),
    ]


def _classes(classes: Sequence[str], layers: Sequence[LayerFigures]) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {name: [] for name in classes}
    for number, layer in enumerate(layers):
        for unit in layer.units[: layer.shown]:
            for row in unit.classes:
                if not isnan(row.auc) and row.auc > 0.5:
                    found.setdefault(row.label, []).append([number, unit.index, _short(row.auc)])
    return {name: sorted(some, key=lambda each: -each[2])[: MOST * len(layers)] for name, some in found.items()}


def _short(value: float | None) -> float | None:
    return None if value is None or isnan(value) else float(f"{value:.3g}")
