"""How an atlas, a layer and a unit show themselves in a notebook: pictures and figures, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice
from math import isnan
from random import Random
from typing import TYPE_CHECKING

from phosphene.atlas.records import Example, LayerInfo, TrustRow
from phosphene.draw.notebook import note, tile, tiles, whole

if TYPE_CHECKING:
    from phosphene.atlas.reading import Atlas
    from phosphene.atlas.unit import AtlasUnit, Units

_STRONGEST = 9
_SIDE, _SMALL, _STRIP_SIDE = 96, 64, 48
"""Pixels of a tile's side: a unit's pictures, a layer's units, the strips of an atlas."""
_MOST_UNITS, _MOST_LAYERS, _STRIP = 64, 24, 8
"""So many are shown; an output stays small however large the network is."""


# -- a unit -------------------------------------------------------------------------------------------------------


def unit_html(unit: AtlasUnit) -> str:
    """Return what shows a unit; every name in it is escaped, every picture embedded."""
    strongest = [_picture(unit, e, _figure(e.value)) for e in unit.examples[:_STRONGEST]]
    typical = [_picture(unit, e, f"{e.rank} %: {_figure(e.value)}") for e in unit.typical]
    rows = (_titled("strongest", strongest), _titled("typical", typical), _dream(unit), _trust(unit))
    return whole(str(unit), "; ".join(_sentences(unit)), *rows)


def _picture(unit: AtlasUnit, example: Example, caption: str) -> str:
    name = unit.image(example).name
    return tile(unit.patch(example), (caption, name), _SIDE, name, "not kept")


def _titled(title: str, figures: list[str]) -> str:
    return f"<div><b>{title}</b>{tiles(figures or ['<i>none: no image stands out</i>'])}</div>"


def _sentences(unit: AtlasUnit) -> Iterator[str]:
    stats = unit.stats
    if stats.nonfinite:
        yield f"values that are no finite numbers: {stats.nonfinite:,}"
    if stats.dead:
        yield f"dead: it is {stats.mean:.3g} at every position of every image"
        return
    yield f"mean {stats.mean:.3g}, standard deviation {max(stats.variance, 0) ** 0.5:.3g}"
    yield f"from {stats.minimum:.3g} to {stats.maximum:.3g}, above zero at {stats.positive:.1%} of positions"
    if stats.best_class is not None and stats.best_auc is not None:
        yield f"prefers {stats.best_class} (area under the ROC curve {stats.best_auc:.2f})"
    if stats.explained is not None:
        yield f"plainly visible features explain {stats.explained:.0%}"


def _dream(unit: AtlasUnit) -> str:
    """The first of its dreams; empty where there is none."""
    if not unit.dreams:
        return ""
    first = unit.dreams[0]
    lines = f"seed {first.seed}", _figure(first.activation)
    shown = tile(first.picture, lines, _SIDE, f"what drives {unit}, from {lines[0]}: {lines[1]}", "")
    caution = first.caution and f"Caution: {first.caution}."
    said = f"{first.method}, the first of {len(unit.dreams)}. {first.sentence} {caution}"
    return _titled("optimised", [shown]) + note(said)


def _trust(unit: AtlasUnit) -> str:
    items = "".join(map(_item, unit.evidence))
    return items and f'<div><b>how far to trust this</b><ul style="margin:2px 0">{items}</ul></div>'


def _item(row: TrustRow) -> str:
    """The figure is in the sentence too; before it, it can be found at a glance."""
    value = "not measured" if isnan(row.value) else f"{row.value:.3g}"
    caution = row.caution and f" <i>Caution: {escape(row.caution)}.</i>"
    return f"<li><b>{escape(row.question)}: {value}.</b> {escape(row.sentence)}{caution}</li>"


# -- a layer ------------------------------------------------------------------------------------------------------


def units_html(units: Units) -> str:
    """Return what shows a layer: the strongest patch of its first units, and what is known of all."""
    layer = units.layer
    shown = tiles(_strongest(unit, _SMALL) for unit in units[:_MOST_UNITS])
    address = f"atlas[{f'{layer.name}:0'!r}] shows a unit"
    more = f"And {layer.units - _MOST_UNITS:,} more units; {address}." if layer.units > _MOST_UNITS else f"{address}."
    return whole(layer.name, _facts(layer, len(units.dead)), shown, note(f"Each unit's strongest patch. {more}"))


def _strongest(unit: AtlasUnit, side: int) -> str:
    if unit.stats.dead or not unit.examples:
        why = "dead" if unit.stats.dead else "no finite value"
        return tile(None, (str(unit.index),), side, f"{unit}: {why}", why)
    best = unit.examples[0]
    said = f"{unit}, strongest: {_figure(best.value)} on {unit.image(best).name}"
    value = f" · {_figure(best.value)}" if side > _STRIP_SIDE else ""
    return tile(unit.patch(best), (f"{unit.index}{value}",), side, said, "not kept")


def _figure(value: float) -> str:
    """Return a value with three digits, large ones as they are read."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _facts(layer: LayerInfo, dead: int) -> str:
    height, width = layer.size
    field = layer.receptive_field
    sees = f"each sees {field[0]} × {field[1]} pixels" if field else "each sees the whole picture"
    units = "1 unit" if layer.units == 1 else f"{layer.units:,} units"
    return f"{layer.kind} · {units}, {dead or 'none'} dead · {height} × {width} places, {sees}"


# -- an atlas -----------------------------------------------------------------------------------------------------


def atlas_html(atlas: Atlas) -> str:
    """Return what shows an atlas: what was scanned, and of each layer some units drawn by lot."""
    manifest, progress = atlas.manifest, atlas.progress
    layers = atlas.layers
    units = sum(layer.units for layer in layers)
    said = f"{units:,} units of {len(layers):,} layers on {progress.scanned:,} pictures of {manifest.images}"
    if not atlas.complete:
        return whole(manifest.network, f"{said}; the scan has not come to its end, so there are no units to show yet")
    rows = "".join(_strip(atlas, layer) for layer in islice(layers, _MOST_LAYERS))
    more = f"And {len(layers) - _MOST_LAYERS:,} more layers. " if len(layers) > _MOST_LAYERS else ""
    how = f"atlas[{layers[0].name!r}] shows a layer, atlas[{f'{layers[0].name}:0'!r}] a unit." if layers else ""
    return whole(manifest.network, said, rows, note(f"{more}Strongest patches of units drawn by lot. {how}"))


def _strip(atlas: Atlas, layer: LayerInfo) -> str:
    units = atlas.units(layer.name)
    dead = set(units.dead)
    living = [unit for unit in units if unit.index not in dead]
    drawn = Random(0).sample(living, min(_STRIP, len(living)))
    head = f'<div style="margin-top:6px"><b>{escape(layer.name)}</b> · {escape(_facts(layer, len(dead)))}</div>'
    return head + tiles(_strongest(unit, _STRIP_SIDE) for unit in sorted(drawn, key=lambda unit: unit.index))
