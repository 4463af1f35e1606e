"""How well each layer's features tell classes apart, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.phrases import counted

if TYPE_CHECKING:
    from phosphene.paper.probe_layers import Depth, Probe

MANY = 0.5  # features for each picture from which on a sentence warns


def said(found: Probe) -> tuple[Finding, ...]:
    """Name the best layer, then each."""
    return tuple(_sentences(found))


def _sentences(found: Probe) -> Iterator[Finding]:
    pixels, *layers = found.depths
    best = max(layers, key=lambda depth: depth.accuracy)
    gain = mean_interval(best.right - pixels.right)
    doubt = "" if gain is None or gain.low > 0 else "no layer is clearly better than the pixels"
    yield Finding(
        "best layer",
        best.accuracy,
        f"{best.layer} tells {counted(len(found.classes), 'class', 'classes')} best: {_share(best.accuracy)} of "
        f"{counted(found.pictures, 'picture')} are named rightly{_between(best.interval)}, from the pixels alone "
        f"{_share(pixels.accuracy)}, by chance {_share(found.chance)}.",
        baseline=found.chance,
        compared_with="the largest class",
        interval=best.interval,
        caution=doubt,
    )
    for depth in layers:
        yield _of(found, depth)


def _of(found: Probe, depth: Depth) -> Finding:
    doubts = []
    beside = ""
    if depth.untrained is not None:
        beside = f"; untrained {_share(float(depth.untrained.mean()))}"
        gain = mean_interval(depth.right - depth.untrained)
        if gain is not None and gain.low <= 0:
            doubts.append("not clearly better than the untrained network")
    if depth.features > MANY * found.pictures:
        doubts.append(f"{depth.features:,} features are many for {found.pictures:,} pictures")
    return Finding(
        f"{depth.layer} accuracy",
        depth.accuracy,
        f"{depth.layer}, {counted(depth.features, 'feature')}: {_share(depth.accuracy)}{_between(depth.interval)}"
        f"{beside}.",
        baseline=found.chance if depth.untrained is None else float(depth.untrained.mean()),
        compared_with="the largest class" if depth.untrained is None else "the untrained network",
        interval=depth.interval,
        caution="; ".join(doubts),
    )


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else "nothing"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" (95 %: {100 * interval.low:.1f} to {100 * interval.high:.1f})"
