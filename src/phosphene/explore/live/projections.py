"""A unit's examples sent back to pixels, in the cells in which the atlas's patches of them stand."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.draw.scaling import measure
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.explore.live.many import send_all
from phosphene.explore.live.sending import Sending, clip_of, note
from phosphene.explore.media import examples_of, places_of
from phosphene.explore.sprites import COLUMNS, cell_of, data_url, sprite
from phosphene.network import Unit
from phosphene.project.picture import pictures

MOST = 12


@dataclass(frozen=True)
class Projections:
    """A sprite of projections.

    Attributes:
        empty: for each cell, whether there is nothing in it.
        reach: for each cell, the value that is drawn white (and, below zero, black): by it tiles are made comparable.
    """

    columns: int
    cell: int
    sprite: str
    empty: tuple[bool, ...]
    reach: tuple[float, ...]
    note: str


def projections(bench: Bench, asked: Asked) -> Projections:
    """Answer ``unit``, ``rule``, ``unpool``, ``count``, ``scale``, and ``position``: the peak."""
    address, count, scale = asked.unit(bench.net), asked.whole("count", MOST, 1, MOST), asked.scale
    assert address.index is not None
    unit = bench.atlas.unit(address.layer, address.index)
    examples, places = examples_of(unit)[:count], places_of(unit)[:count]
    sending = Sending.of(bench.net, asked, "peak")
    sent = send_all(bench, sending, Unit(address.layer, address.index), [example.image for example in examples])
    clip = clip_of(sent.projections)
    drawn, told = pictures(sent.projections, scale, clip) if examples else ([], "")
    reach = dict(zip(places, measure(sent.projections, scale, clip).divisor.tolist(), strict=True))
    shown = dict(zip(places, drawn, strict=True))
    cells = [shown.get(place) for place in range(max(places, default=-1) + 1)]
    cell = cell_of(cells)
    return Projections(
        columns=COLUMNS,
        cell=cell,
        sprite=data_url(sprite(cells, COLUMNS, cell), cell),
        empty=tuple(picture is None for picture in cells),
        reach=tuple(reach.get(place, 0.0) for place in range(len(cells))),
        note=note(told and f"Zero is mid-grey. {told}", sent.held),
    )
