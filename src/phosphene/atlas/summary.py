"""An atlas at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import Options, Progress
from phosphene.atlas.rows import Row
from phosphene.atlas.schema import FORMAT

CLOSE = 0.95
"""Correlation above which two units count as the same."""


@dataclass(frozen=True)
class Preference:
    """The unit of a layer that tells a class best, by the area under its ROC curve."""

    unit: int
    label: str
    auc: float


@dataclass(frozen=True)
class LayerSummary:
    """A layer: its units, how many are dead, pairs that are the same, units with trust rows.

    None before the scan has ended.
    """

    name: str
    kind: str
    units: int
    dead: int | None
    duplicates: int | None
    measured: int | None
    most_selective: Preference | None


@dataclass(frozen=True)
class Reason:
    """Why images were passed over, how many, and the first of them."""

    reason: str
    images: int
    first: str


@dataclass(frozen=True)
class Summary:
    """What `phosphene atlas` tells; docs/atlas-summary.schema.json describes it as JSON."""

    file: str
    bytes: int
    format: int
    network: str
    weights: str
    preprocessing: str
    input_size: tuple[int, ...]
    images: str
    classes: tuple[str, ...]
    progress: Progress
    options: Options
    units: int
    dead: int | None
    measured: int | None
    """Units that have trust rows."""
    thumbnails: int
    dreams: int
    """Pictures that were made to drive units."""
    dreamt: int
    """Units that have some."""
    layers: tuple[LayerSummary, ...]
    passed_over: tuple[Reason, ...]
    versions: dict[str, str]
    created: str
    content_hash: str


def summary(atlas: Atlas) -> Summary:
    """Sum up an atlas."""
    manifest, layers = atlas.manifest, _layers(atlas)
    reasons = "SELECT reason, count(*), min(name) FROM failures GROUP BY reason ORDER BY count(*) DESC, reason"
    return Summary(
        file=str(atlas.path),
        bytes=atlas.path.stat().st_size,
        format=FORMAT,
        network=manifest.network,
        weights=manifest.weights,
        preprocessing=manifest.preprocessing,
        input_size=manifest.input_size,
        images=manifest.images,
        classes=manifest.classes,
        progress=atlas.progress,
        options=manifest.options,
        units=sum(layer.units for layer in layers),
        dead=sum(layer.dead or 0 for layer in layers) if atlas.complete else None,
        measured=sum(layer.measured or 0 for layer in layers) if atlas.complete else None,
        thumbnails=_count(atlas, "SELECT count(*) FROM thumbnails"),
        dreams=_count(atlas, "SELECT count(*) FROM dreams"),
        dreamt=_count(atlas, "SELECT count(*) FROM (SELECT DISTINCT layer, unit FROM dreams)"),
        layers=layers,
        passed_over=tuple(Reason(*row) for row in atlas.query(reasons)),
        versions=dict(manifest.versions),
        created=manifest.created,
        content_hash=atlas.content_hash(),
    )


def _layers(atlas: Atlas) -> tuple[LayerSummary, ...]:
    dead = _counts(atlas, "SELECT layer, count(*) FROM dead_units GROUP BY layer")
    same = _counts(atlas, f"SELECT layer, count(*) FROM correlations WHERE r > {CLOSE} GROUP BY layer")
    measured = _counts(atlas, "SELECT layer, count(*) FROM measured GROUP BY layer")
    best = {row[0]: Preference(*row[1:]) for row in _best(atlas)}
    return tuple(
        LayerSummary(
            layer.name,
            layer.kind,
            layer.units,
            dead.get(layer.name, 0) if atlas.complete else None,
            same.get(layer.name, 0) if atlas.complete else None,
            measured.get(layer.name, 0) if atlas.complete else None,
            best.get(layer.name),
        )
        for layer in atlas.layers
    )


def _count(atlas: Atlas, sql: str) -> int:
    return int(atlas.query(sql).rows[0][0])


def _counts(atlas: Atlas, sql: str) -> dict[str, int]:
    return dict(atlas.query(sql).rows)


def _best(atlas: Atlas) -> list[Row]:
    """One row per layer: SQLite gives the other columns of the row that has the maximum."""
    return atlas.query(
        "SELECT layer, unit, best_class, max(best_auc) FROM units WHERE NOT dead AND best_auc IS NOT NULL "
        "AND best_class IS NOT NULL GROUP BY layer"
    ).rows
