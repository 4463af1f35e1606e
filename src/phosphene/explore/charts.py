"""Small charts as SVG without styles of their own: the style sheet colours them, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from markupsafe import Markup

from phosphene.arrays import Floats
from phosphene.atlas.records import TrustRow
from phosphene.explore.words import number

WIDTH, HEIGHT = 320, 96
BINS = 48


def histogram(peaks: Floats, marks: Sequence[tuple[str, float]] = ()) -> Markup:
    """Draw how often a unit's peaks have each height, with ``marks`` at some values; empty without any peak."""
    finite = peaks[np.isfinite(peaks)]
    if not len(finite):
        return Markup("")
    low, high = min(0.0, float(finite.min())), float(finite.max())
    high = high if high > low else low + 1
    counts, _ = np.histogram(finite, BINS, (low, high))
    wide = WIDTH / BINS
    bars = [
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            index * wide, HEIGHT - tall, wide - 1, tall
        )
        for index, tall in enumerate((HEIGHT - 14) * counts / counts.max())
    ]
    ticks = [_mark(name, (value - low) / (high - low) * WIDTH) for name, value in marks if isfinite(value)]
    axis = Markup('<text x="0" y="{0}">{1}</text><text x="{2}" y="{0}" text-anchor="end">{3}</text>').format(
        HEIGHT + 13, number(low), WIDTH, number(high)
    )
    title = f"Histogram of the peaks on {len(finite):,} pictures, from {number(low)} to {number(high)}"
    return drawing("histogram", WIDTH, HEIGHT + 16, title, Markup("").join([*bars, *ticks, axis]))


def _mark(name: str, x: float) -> Markup:
    return Markup(
        '<line x1="{0:.1f}" x2="{0:.1f}" y1="12" y2="{1}"/><text x="{0:.1f}" y="9" text-anchor="middle">{2}</text>'
    ).format(min(max(x, 8), WIDTH - 8), HEIGHT, name)


SPAN = 150


def whisker(row: TrustRow) -> Markup:
    """Draw a figure with its interval, and beside it what it would be if there were nothing to it."""
    known = [v for v in (row.value, row.low, row.high, row.baseline) if v is not None and isfinite(v)]
    if not isfinite(row.value):
        return Markup("")
    low, high = min(0.0, *known), max(1.0, *known)

    def x(value: float) -> float:
        return 5 + (value - low) / (high - low) * (SPAN - 10)

    parts = [Markup('<line class="axis" x1="{:.1f}" x2="{:.1f}" y1="8" y2="8"/>').format(x(low), x(high))]
    if row.baseline is not None and isfinite(row.baseline):
        parts.append(
            Markup('<line class="baseline" x1="{0:.1f}" x2="{0:.1f}" y1="2" y2="14"/>').format(x(row.baseline))
        )
    if row.low is not None and row.high is not None:
        parts.append(
            Markup('<line class="interval" x1="{:.1f}" x2="{:.1f}" y1="8" y2="8"/>').format(x(row.low), x(row.high))
        )
    parts.append(Markup('<circle cx="{:.1f}" cy="8" r="3.2"/>').format(x(row.value)))
    against = "" if row.baseline is None else f", compared with {number(row.baseline)} for {row.compared_with}"
    return drawing("whisker", SPAN, 16, f"{number(row.value)}{against}", Markup("").join(parts))


def share(part: float, whole: float = 1.0) -> Markup:
    """Draw a share as a bar; negative ones to nothing."""
    long = max(0.0, min(part / whole, 1.0)) * 100
    return Markup(
        '<svg class="share" width="100" height="8" viewBox="0 0 100 8" aria-hidden="true">'
        '<rect class="whole" width="100" height="8"/><rect width="{:.1f}" height="8"/></svg>'
    ).format(long)


def area(value: float) -> Markup:
    """Draw an area under a ROC curve from 0 to 1, with guessing (0.5) as the middle."""
    value = value if isfinite(value) else 0.5
    left, long = 100 * min(value, 0.5), 100 * abs(value - 0.5)
    return Markup(
        '<svg class="share" width="100" height="8" viewBox="0 0 100 8" aria-hidden="true"><rect class="whole" '
        'width="100" height="8"/><rect x="{:.1f}" width="{:.1f}" height="8"/>'
        '<line x1="50" x2="50" y1="0" y2="8"/></svg>'
    ).format(left, long)


def drawing(kind: str, width: int, height: int, title: str, body: Markup) -> Markup:
    """Return a drawing, of a class that the style sheet knows, which says its title to those who do not see it."""
    return Markup(
        '<svg class="{}" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(kind, width, height, width, height, title, body)
