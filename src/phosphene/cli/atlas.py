"""``phosphene atlas``: what is in an atlas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.common import AsJson, answer
from phosphene.cli.table import cell, table
from phosphene.evidence.phrases import counted

if TYPE_CHECKING:
    from phosphene.atlas.summary import LayerSummary, Summary

AtlasFile = Annotated[str, typer.Argument(metavar="ATLAS", help="A file that 'phosphene scan' wrote.")]


def atlas(atlas: AtlasFile, as_json: AsJson = False) -> None:
    """Sum up an atlas: what was scanned, how far, which units are dead, the same, or tell a class."""
    from phosphene.atlas.reading import open_atlas
    from phosphene.atlas.summary import summary

    with open_atlas(atlas) as opened:
        found = summary(opened)
    answer("\n".join(_lines(found)), found, as_json)


def _lines(found: Summary) -> Iterator[str]:
    progress = found.progress
    total = "" if progress.total is None else f" of {progress.total:,}"
    yield f"{cell(found.network)} over {cell(found.images)}: {_state(found)}"
    yield f"  {progress.done:,}{total} images, {progress.failed:,} of them passed over; {progress.seconds:,.0f} s"
    yield f"  {len(found.layers)} layers, {_units(found)}; {found.options.precision}"
    yield f"  {_pictures(found)} inside; {found.bytes / 1e6:,.1f} MB in {cell(found.file)}"
    yield ""
    yield table(("layer", "operation", "units", "dead", "pairs alike", "tells best"), [*map(_row, found.layers)])
    for each in found.passed_over:
        yield f"passed over {each.images:,}: {cell(each.reason)} (first: {cell(each.first)})"


def _state(found: Summary) -> str:
    return "complete" if found.progress.complete else "not at its end; go on with: phosphene scan … --resume"


def _units(found: Summary) -> str:
    dead = "" if found.dead is None else f", {found.dead:,} of them dead"
    return f"{found.units:,} units{dead}" + (f", {found.measured:,} with trust rows" if found.measured else "")


def _pictures(found: Summary) -> str:
    dreams = f" and {counted(found.dreams, 'dream')} of {counted(found.dreamt, 'unit')}" if found.dreams else ""
    return counted(found.thumbnails, "thumbnail") + dreams


def _row(layer: LayerSummary) -> tuple[object, ...]:
    best = layer.most_selective
    tells = "" if best is None else f"{best.label}: unit {best.unit}, {best.auc:.2f}"
    return layer.name, layer.kind, layer.units, layer.dead, layer.duplicates, tells
