"""How much a projection says of its unit: its likeness to other units' projections, and to its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import mean

import torch
from torch import Tensor

from phosphene.network import Network
from phosphene.project.receptive import Box
from phosphene.story.material import Material
from phosphene.story.measures import between
from phosphene.story.peaks import Peaks
from scripts.gallery.places import Place, Way, active_there, cut, place_of, sent
from scripts.gallery.units import BY_LOT, Nine

PHOTOGRAPHS, UNITS = 24, 8
WAYS = (Way("deconvnet"), Way("guided", "guided"), Way("gradient", "gradient"), Way("deconvnet, fill", unpool="fill"))


@dataclass(frozen=True)
class Alike:
    """Mean Pearson's r over pixels and colours; NaN where there was nothing to compare.

    Attributes:
        layer: whose units.
        field: the side of what a position sees, in pixels; None: the whole photograph.
        others: for each of `WAYS`, between units that are active at the same place of the same photograph.
        itself: between the projections (deconvnet) of one unit at its peaks in its nine strongest photographs.
    """

    layer: str
    field: int | None
    others: tuple[float, ...]
    itself: float


def alike(net: Network, layer: str, peaks: Peaks, nines: Iterable[Nine], material: Material, seed: int) -> Alike:
    """Measure the units of a layer; photographs, places and units are drawn by lot, of ``nines`` those that are."""
    places = _places(net, layer, peaks, seed)
    stacks = [_stacks(net, place, material, seed) for place in places]
    field = net.layer(layer).receptive_field
    return Alike(
        layer,
        None if field is None else field[0],
        tuple(_mean([r for stack in stacks for r in between(stack[way]).tolist()]) for way in range(len(WAYS))),
        _mean([r for each in nines if each.chosen.why == BY_LOT for r in between(each.found.projections).tolist()]),
    )


def _places(net: Network, layer: str, peaks: Peaks, seed: int) -> list[Place]:
    """Return, for photographs drawn by lot, where a unit drawn among those that answer there has its peak."""
    lot = Random(seed)
    count = len(peaks.image)
    rows = sorted(lot.sample(range(count), min(PHOTOGRAPHS, count)))
    answering = [(peaks.value[row] > 0).nonzero()[:, 0].tolist() for row in rows]
    return [
        place_of(net, layer, peaks, row, lot.choice(units)) for row, units in zip(rows, answering, strict=True) if units
    ]


def _stacks(net: Network, place: Place, material: Material, seed: int) -> list[Tensor]:
    """Return for each way the projections (units, C, h, w) at one place, cut to what is seen of the photograph."""
    units = [place.index, *active_there(net, place, material, UNITS - 1, seed)]
    box = _inside(place.box, net)
    pixels = [sent(net, place, units, way, material).pixels[:, 0] for way in WAYS]
    return [torch.stack([cut(box, one) for one in each]) for each in pixels]


def _inside(box: Box, net: Network) -> Box:
    height, width = net.input_size[1:]
    return Box(max(box.top, 0), max(box.left, 0), min(box.bottom, height), min(box.right, width))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return mean(known) if known else float("nan")


# -- as a table ------------------------------------------------------------------------------------------------------

HEADINGS = ("layer", "sees", *(way.name for way in WAYS), "one unit")


def table(rows: Iterable[Alike]) -> str:
    """Return the figures of all layers as a table in Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(_cells, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row: Alike) -> tuple[str, ...]:
    sees = "everything" if row.field is None else f"{row.field} × {row.field}"
    return (f"`{row.layer}`", sees, *map(_number, (*row.others, row.itself)))


def _number(r: float) -> str:
    return "none" if r != r else f"{r:.2f}".replace("-", "−")
