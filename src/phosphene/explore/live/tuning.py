"""A unit's tuning curves, measured when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.errors import UsageError
from phosphene.evidence.tuning import tuning as measured
from phosphene.explore.curves import tuning_charts
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.explore.live.watched import Watched


@dataclass(frozen=True)
class TuningCurves:
    """Charts as SVG, and what they say."""

    charts: tuple[str, ...]
    sentences: tuple[str, ...]


def tuning(bench: Bench, asked: Asked) -> TuningCurves:
    """Answer ``unit``."""
    address = asked.unit(bench.net)
    assert address.index is not None
    stats = bench.atlas.unit(address.layer, address.index).stats
    if stats.dead:
        raise UsageError(f"{address} is dead, so that nothing drives it; ask for another unit")
    found = measured(Watched(bench.net, bench.cancelled), [address], [stats.maximum])[0]
    said = tuple(finding.sentence for finding in found.findings)
    return TuningCurves(tuple(map(str, tuning_charts(found))), said)
