"""One unit on many pictures."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.explore.live.choosing import chosen
from phosphene.explore.live.many import send_all
from phosphene.explore.live.sending import Sending, note
from phosphene.explore.sprites import cell_of, data_url, sprite
from phosphene.project.picture import pictures

MOST = 60
USUAL = 24


@dataclass(frozen=True)
class ImageWith:
    """A picture, what is sent back of the unit there, and whether nothing arrives."""

    image: int
    name: str
    label: str | None
    value: float
    empty: bool


@dataclass(frozen=True)
class OverAnswer:
    """Two sprites of the same cells: pictures (or patches of them), and what the unit makes of them."""

    columns: int
    cell: int
    pictures: str
    projections: str
    images: tuple[ImageWith, ...]
    note: str


def over(bench: Bench, asked: Asked) -> OverAnswer:
    """Answer ``unit``, ``choose``, ``class``, ``count``, ``seed``, ``show``, ``rule``, ``unpool``, ``position``."""
    unit, count = asked.unit(bench.net), asked.whole("count", USUAL, 1, MOST)
    whole, scale = asked.choice("show", ("patch", "whole"), "patch") == "whole", asked.scale
    sending = Sending.of(bench.net, asked, "peak")
    picked = chosen(bench, unit, asked, count)
    sent = send_all(bench, sending, unit, picked.images, whole)
    drawn, told = pictures(sent.projections, scale) if picked.images else ([], "")
    rows = [bench.atlas.images[number] for number in picked.images]
    found = zip(rows, sent.values, drawn, strict=True)
    cell, columns = cell_of(sent.pictures), isqrt(max(len(drawn) - 1, 0)) + 1
    return OverAnswer(
        columns=columns,
        cell=cell,
        pictures=data_url(sprite(sent.pictures, columns, cell), cell),
        projections=data_url(sprite(drawn, columns, cell), cell),
        images=tuple(ImageWith(row.index, row.name, row.label, value, one is None) for row, value, one in found),
        note=note(picked.note, told and f"Zero is mid-grey. {told}", sent.held),
    )
