"""One unit of an atlas: what is known of it, read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from PIL import Image

from phosphene.atlas.dreams import StoredDream, dream_of
from phosphene.atlas.images import ImageRows
from phosphene.atlas.notebook import unit_html, units_html
from phosphene.atlas.pictures import patch
from phosphene.atlas.records import (
    ClassRow,
    CorrelationRow,
    Example,
    ImageRow,
    LayerInfo,
    TrustRow,
    UnitRow,
    VisibleRow,
)
from phosphene.atlas.refusals import damaged
from phosphene.atlas.rows import Row
from phosphene.atlas.schema import CLASSES, CORRELATIONS, DREAMS, EXAMPLES, TRUST, UNITS, VISIBLE
from phosphene.atlas.source import Source

_OF_UNIT = "layer = ? AND unit = ?"


class AtlasUnit:
    """A unit of an atlas whose scan has come to its end; in a notebook it shows itself."""

    def __init__(self, source: Source, layer: LayerInfo, index: int) -> None:
        self._source = source
        self.layer = layer
        self.index = index

    def __repr__(self) -> str:
        return f"AtlasUnit({str(self)!r})"

    def __str__(self) -> str:
        return f"{self.layer.name}:{self.index}"

    @cached_property
    def stats(self) -> UnitRow:
        """Its statistics over all images and positions."""
        rows = self._source.rows(UNITS, _OF_UNIT, self.layer.name, self.index)
        if not rows:
            raise damaged(self._source.path, f"nothing is said of {self}")
        return unit_of(rows[0])

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The images it responds to most, the strongest first."""
        return self._of_kind("top")

    @cached_property
    def typical(self) -> tuple[Example, ...]:
        """The images at 10, 50 and 90 % of its peaks: they guard against judging by the strongest alone."""
        return self._of_kind("quantile")

    def _of_kind(self, kind: str) -> tuple[Example, ...]:
        rows = self._source.rows(EXAMPLES, f"{_OF_UNIT} AND kind = ?", self.layer.name, self.index, kind)
        return tuple(map(example_of, rows))

    @cached_property
    def classes(self) -> tuple[ClassRow, ...]:
        """How it prefers each class, the most preferred first (by area under the ROC curve)."""
        rows = self._source.rows(CLASSES, _OF_UNIT, self.layer.name, self.index)
        return by_area(rows)

    @cached_property
    def correlated(self) -> tuple[CorrelationRow, ...]:
        """The units that go with it or against it, seen from this one, the strongest first (by absolute value)."""
        where = "layer = ? AND (unit = ? OR other = ?)"
        rows = self._source.rows(CORRELATIONS, where, self.layer.name, self.index, self.index)
        found = ((other if unit == self.index else unit, _number(r)) for _, unit, other, r in rows)
        ranked = sorted(found, key=lambda pair: (-abs(pair[1]), pair[0]))
        return tuple(CorrelationRow(self.layer.name, self.index, other, r) for other, r in ranked)

    @cached_property
    def visible(self) -> tuple[VisibleRow, ...]:
        """What plainly visible features have to do with it, the one that explains most first."""
        rows = self._source.rows(VISIBLE, _OF_UNIT, self.layer.name, self.index)
        return by_share(rows)

    @cached_property
    def evidence(self) -> tuple[TrustRow, ...]:
        """What was measured of how far its pictures can be trusted, by question; empty where nothing was."""
        rows = self._source.rows(TRUST, _OF_UNIT, self.layer.name, self.index)
        return tuple(map(trust_of, rows))

    @cached_property
    def dreams(self) -> tuple[StoredDream, ...]:
        """The pictures that were made to drive it most and kept, each with its ``.picture``; empty where none were."""
        rows = self._source.rows(DREAMS.bare, _OF_UNIT, self.layer.name, self.index)
        return tuple(dream_of(self._source, row) for row in rows)

    def image(self, example: Example) -> ImageRow:
        """Return the image of an example."""
        return ImageRows(self._source)[example.image]

    def patch(self, example: Example) -> Image.Image | None:
        """Return what the unit sees of an example's image, cut from its thumbnail; None where none was kept."""
        return patch(self._source, example)

    def _repr_html_(self) -> str:
        return unit_html(self)


class Units(tuple[AtlasUnit, ...]):
    """All units of a layer, by their numbers; in a notebook the layer shows itself."""

    __slots__ = ()

    @property
    def layer(self) -> LayerInfo:
        """The layer."""
        return self[0].layer

    @property
    def dead(self) -> tuple[int, ...]:
        """The numbers of the units that are the same at every position of every image."""
        return tuple(unit_of(row).unit for row in self[0]._source.rows(UNITS, "layer = ? AND dead", self.layer.name))

    def _repr_html_(self) -> str:
        return units_html(self)


def by_area(rows: Iterable[Row]) -> tuple[ClassRow, ...]:
    """Return rows of the table of classes as records, the most preferred first."""
    found = (ClassRow(*row[:3], *map(_number, row[3:])) for row in rows)
    return tuple(sorted(found, key=lambda c: (c.auc == c.auc, c.auc), reverse=True))


def by_share(rows: Iterable[Row]) -> tuple[VisibleRow, ...]:
    """Return rows of the table of what is visible as records, the one that explains most first."""
    found = (VisibleRow(*row[:3], *map(_number, row[3:])) for row in rows)
    return tuple(sorted(found, key=lambda v: (v.share == v.share, v.share), reverse=True))


def example_of(row: Row) -> Example:
    """Return a row of the table of examples as a record."""
    layer, unit, kind, rank, image, value, y, x, *box = row
    x0, y0, x1, y1 = box
    return Example(layer, unit, kind, rank, image, value, y, x, (x0, y0, x1, y1))


def trust_of(row: Row) -> TrustRow:
    """Return a row of the table of trust as a record."""
    layer, unit, question, value, *rest = row
    return TrustRow(layer, unit, question, _number(value), *rest)


def unit_of(row: Row) -> UnitRow:
    """Return a row of the table of units as a record; NaN was kept as NULL."""
    layer, unit, count, nonfinite, *numbers, dead, best_class, best_auc, explained = row
    mean, variance, minimum, maximum, positive = map(_number, numbers)
    return UnitRow(
        layer=layer,
        unit=unit,
        count=count,
        nonfinite=nonfinite,
        mean=mean,
        variance=variance,
        minimum=minimum,
        maximum=maximum,
        positive=positive,
        dead=bool(dead),
        best_class=best_class,
        best_auc=best_auc,
        explained=explained,
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
