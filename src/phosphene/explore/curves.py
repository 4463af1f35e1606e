"""A unit's tuning curves as small charts, each response as part of what the unit's strongest picture does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from phosphene.arrays import Floats
from phosphene.evidence.card import LARGE
from phosphene.evidence.tuned import Tuning
from phosphene.explore.charts import drawing
from phosphene.network import Network

WIDTH, HEIGHT = 200, 84
HUES = 24
"""Patches of colour below a curve over hues."""


@dataclass(frozen=True)
class Curve:
    """One curve: ``responses`` (n,) at ``places`` (n,), with what stands at either end of the axis."""

    title: str
    places: Floats
    responses: Floats
    ends: tuple[str, str]
    coloured: bool = False


def quick(net: Network) -> bool:
    """Whether curves take so little that a page need not ask for them."""
    return max(net.input_size[1:]) <= LARGE


def tuning_charts(found: Tuning) -> list[Markup]:
    """Draw what the unit answers to flat colours, gratings and checkerboards; the axis ends at 1 or above."""
    curves = list(_curves(found))
    responses = [value for curve in curves for value in curve.responses if np.isfinite(value)]
    top = max(1.0, *responses) if responses else 1.0
    return [_chart(curve, top) for curve in curves]


def _curves(found: Tuning) -> Iterator[Curve]:
    flat, gratings, boards = found.flat, found.gratings, found.boards
    if len(flat.hues):
        _, saturation, lightness = np.unravel_index(int(np.nanargmax(flat.response)), flat.response.shape)
        over_hues = _parts(found, flat.response[:, saturation, lightness])
        yield Curve("hue of a flat colour", flat.hues, over_hues, ("0°", "360°"), coloured=True)
    yield Curve("lightness of a flat grey", flat.greys, _parts(found, flat.grey_response), ("black", "white"))
    direction, frequency = np.unravel_index(int(np.nanargmax(gratings.response)), gratings.response.shape)
    over_directions = _parts(found, gratings.response[:, frequency])
    yield Curve("direction of stripes", gratings.directions, over_directions, ("level 0°", "180°"))
    wide = 1 / gratings.frequencies
    ends = f"{wide[0]:.3g} px", f"{wide[-1]:.3g} px"
    over_widths = _parts(found, gratings.response[direction])
    yield Curve("from stripe to stripe", np.log(gratings.frequencies), over_widths, ends)
    contrasts = _parts(found, gratings.contrast_response)
    yield Curve("contrast of stripes", gratings.contrasts, contrasts, ("none", "full"))
    if len(boards.scales) > 1:
        sides = np.array(boards.scales, np.float64)
        yield Curve(
            "checkerboard's squares",
            sides,
            _parts(found, boards.response),
            (f"{sides[0]:.0f} px", f"{sides[-1]:.0f} px"),
        )


def _parts(found: Tuning, responses: Floats) -> Floats:
    return np.array([found.part(float(response)) for response in responses])


def _chart(curve: Curve, top: float) -> Markup:
    low, high = float(curve.places.min()), float(curve.places.max())
    x = 4 + (curve.places - low) / (high - low or 1) * (WIDTH - 8)
    y = HEIGHT - np.clip(np.nan_to_num(curve.responses), 0, top) / top * (HEIGHT - 6)
    best = int(np.argmax(np.nan_to_num(curve.responses)))
    parts = [
        Markup('<line class="axis" x1="4" x2="{}" y1="{}" y2="{}"/>').format(WIDTH - 4, HEIGHT, HEIGHT),
        Markup('<line class="whole" x1="4" x2="{0}" y1="{1:.1f}" y2="{1:.1f}"/>').format(
            WIDTH - 4, HEIGHT - (HEIGHT - 6) / top
        ),
        Markup('<polyline points="{}"/>').format(" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))),
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.6"/>').format(x[best], y[best]),
        *(_colours() if curve.coloured else []),
        Markup('<text x="4" y="{0}">{1}</text><text x="{2}" y="{0}" text-anchor="end">{3}</text>').format(
            HEIGHT + 20, curve.ends[0], WIDTH - 4, curve.ends[1]
        ),
        Markup('<text class="title" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            WIDTH // 2, HEIGHT + 20, curve.title
        ),
    ]  # fmt: skip
    said = f"Response over the {curve.title}: at most {_percent(curve.responses[best])} of its strongest picture's"
    return drawing("curve", WIDTH, HEIGHT + 24, said, Markup("").join(parts))


def _colours() -> Sequence[Markup]:
    wide = (WIDTH - 8) / HUES
    return [
        Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="5" fill="hsl({:.0f} 90% 50%)"/>').format(
            4 + k * wide, HEIGHT + 2, wide, (k + 0.5) * 360 / HUES
        )
        for k in range(HUES)
    ]


def _percent(part: float) -> str:
    return "nothing" if not part > 0 else f"{100 * part:.0f} %"
