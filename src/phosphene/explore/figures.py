"""The figures of all units of a layer, as pages sort, filter and search them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import ceil, isnan

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import ClassRow, LayerInfo, TrustRow, UnitRow, VisibleRow
from phosphene.atlas.rows import Row
from phosphene.atlas.schema import CLASSES, TRUST, UNITS, VISIBLE
from phosphene.atlas.thumbnails import LONGEST_SIDE
from phosphene.atlas.unit import by_area, by_share, trust_of, unit_of
from phosphene.evidence.phrases import cause
from phosphene.evidence.redundancy import LayerRedundancy, layer_redundancy
from phosphene.explore.sprites import LARGEST

STRONGEST = 9
"""Of a unit's strongest pictures so many are shown at once, as in Zeiler & Fergus (2013), figure 2."""
TOLD = 0.01
"""Share of a unit's variance from which on a visible feature is one of its causes."""
SPECIFICITY = "specificity"
"""The question of trust that says whether a projection shows its unit."""


@dataclass(frozen=True)
class UnitFigures:
    """What is known of one unit, without its examples."""

    stats: UnitRow
    classes: tuple[ClassRow, ...]
    visible: tuple[VisibleRow, ...]
    trust: tuple[TrustRow, ...]

    @property
    def index(self) -> int:
        """The unit's number in its layer."""
        return self.stats.unit

    @property
    def causes(self) -> list[tuple[str, float]]:
        """What goes with it, in words, and the share of its variance that this explains; the largest first."""
        return [(cause(row.feature, row.r), row.share) for row in self.visible if row.share >= TOLD]

    @property
    def cautions(self) -> int:
        """How many of its figures of trust carry a caution."""
        return sum(bool(row.caution) for row in self.trust)


@dataclass(frozen=True)
class LayerFigures:
    """What is known of a layer and each of its units, read when it is asked for; the first ones have pages."""

    atlas: Atlas
    layer: LayerInfo
    shown: int
    """Units that have pages."""

    @cached_property
    def stats(self) -> tuple[UnitRow, ...]:
        """The statistics of each unit."""
        return tuple(map(unit_of, self.atlas.of_layer(UNITS, self.layer.name)))

    @cached_property
    def units(self) -> tuple[UnitFigures, ...]:
        """All figures of each unit."""
        classes, visible, trust = (
            _by_unit(self.atlas.of_layer(table, self.layer.name)) for table in (CLASSES, VISIBLE, TRUST)
        )
        return tuple(
            UnitFigures(each, by_area(classes[each.unit]), by_share(visible[each.unit]), _trust(trust[each.unit]))
            for each in self.stats
        )

    @cached_property
    def among(self) -> LayerRedundancy:
        """The units among each other."""
        return layer_redundancy(self.atlas, self.layer.name)

    @cached_property
    def cells(self) -> dict[int, int]:
        """Pixels to a side of the patches of each unit that has examples worth showing."""
        living = set(self.living)
        return {unit: cell for unit, cell in _cells(self.atlas, self.layer.name).items() if unit in living}

    @cached_property
    def dreamt(self) -> frozenset[int]:
        """The units that have pictures which were made to drive them."""
        return self.atlas.dreamt_of(self.layer.name)

    @property
    def living(self) -> list[int]:
        """The units that are not dead."""
        return [stats.unit for stats in self.stats if not stats.dead]

    @property
    def dead(self) -> int:
        """How many units are dead."""
        return len(self.stats) - len(self.living)

    @property
    def duplicates(self) -> int:
        """How many units are near-duplicates of another one that stands for them all."""
        return sum(len(group) - 1 for group in self.among.groups)

    @property
    def twins(self) -> frozenset[int]:
        """The units that have a near-duplicate."""
        return frozenset(unit for group in self.among.groups for unit in group)

    @property
    def measures(self) -> list[Measure]:
        """What the units can be sorted by."""
        return [*_SCANNED, *map(_of_trust, sorted({row.question for each in self.units for row in each.trust}))]


@dataclass(frozen=True)
class Measure:
    """A figure that each unit has."""

    name: str
    title: str

    def of(self, unit: UnitFigures) -> float | None:
        """Return the unit's figure; None where it has none."""
        value = _value(self.name, unit)
        return None if value is None or isnan(value) else value


_SCANNED = (
    Measure("number", "number"),
    Measure("strongest", "strongest value"),
    Measure("mean", "mean"),
    Measure("active", "share of positions above zero"),
    Measure("explained", "plainly visible, R²"),
    Measure("prefers", "best class, ROC area"),
    Measure("cautions", "cautions"),
)
_TRUST = "trust "


def _of_trust(question: str) -> Measure:
    return Measure(_TRUST + question, question)


def _value(name: str, unit: UnitFigures) -> float | None:
    if name.startswith(_TRUST):
        return next((row.value for row in unit.trust if row.question == name.removeprefix(_TRUST)), None)
    if name == "cautions":
        return float(unit.cautions) if unit.trust else None
    stats = unit.stats
    named = {
        "number": float(unit.index),
        "strongest": stats.maximum,
        "mean": stats.mean,
        "active": stats.positive,
        "explained": stats.explained,
        "prefers": stats.best_auc,
    }
    return named[name]


def _trust(rows: Iterable[Row]) -> tuple[TrustRow, ...]:
    return tuple(map(trust_of, rows))


def _cells(atlas: Atlas, layer: str) -> dict[int, int]:
    """Return how large the patches of a layer's units are in the atlas's small copies of pictures."""
    quoted = f"CAST(x'{layer.encode().hex()}' AS TEXT)"  # whatever a stranger called it
    sides = f"max(x1 - x0, y1 - y0) * min(1.0, {LONGEST_SIDE}.0 / max(width, height))"
    found = atlas.query(
        f"SELECT unit, max({sides}) FROM examples JOIN images ON images.image = examples.image "
        f"WHERE layer = {quoted} AND (kind <> 'top' OR rank < {STRONGEST}) GROUP BY unit"
    )
    return {int(unit): max(1, min(LARGEST, ceil(side))) for unit, side in found}


def _by_unit(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(row)
    return found
