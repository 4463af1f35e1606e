"""All units of a layer on one picture: their maps, or what they look like sent back to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, sqrt

import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.scaling import Scale
from phosphene.errors import UsageError
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.explore.live.cancelling import pieces
from phosphene.explore.live.heat import maps_drawn
from phosphene.explore.live.many import AT_ONCE
from phosphene.explore.live.sending import Sending, clip_of, held, note, reduced
from phosphene.explore.sprites import LARGEST, cell_of, data_url, sprite
from phosphene.project.picture import pictures

MOST_PIXELS = 6_000_000
"""Of a sprite: a layer of many units has smaller cells."""
MOST_UNITS = 2048
"""That are sent back for one answer."""


@dataclass(frozen=True)
class UnitOn:
    """A unit's peak on the picture, and the share of the sample's pictures with a lower one."""

    unit: int
    value: float
    quantile: float
    empty: bool


@dataclass(frozen=True)
class LayerOn:
    """A sprite with a cell for each unit, in order; a cell is clear where there is nothing to show."""

    columns: int
    cell: int
    sprite: str
    units: tuple[UnitOn, ...]
    note: str


def layer(bench: Bench, asked: Asked) -> LayerOn:
    """Answer ``image``, ``layer``, ``show``, ``rule``, ``unpool``, ``scale``, and ``position``: the whole map."""
    image, name = asked.text("image"), asked.layer(bench.net)
    show, scale = asked.choice("show", ("map", "projection"), "map"), asked.scale
    sending = Sending.of(bench.net, asked, "map")
    maps = bench.seeing.maps(image, name)
    bench.go_on()
    drawn, told = maps_drawn(maps, scale) if show == "map" else _projected(bench, image, name, sending, scale)
    cell, columns = cell_of(drawn, largest_cell(len(drawn))), isqrt(len(drawn) - 1) + 1
    bench.go_on()
    return LayerOn(columns, cell, data_url(sprite(drawn, columns, cell), cell), _units(bench, name, maps, drawn), told)


def largest_cell(count: int) -> int:
    """Return the side of the cells of a sprite of ``count`` pictures, at most."""
    return max(1, min(LARGEST, int(sqrt(MOST_PIXELS / count))))


def _units(bench: Bench, name: str, maps: Tensor, drawn: list[Image.Image | None]) -> tuple[UnitOn, ...]:
    peaks = maps.amax((1, 2)).double().numpy()
    lower = bench.sample.lower(name, peaks)
    each = zip(peaks.tolist(), lower.tolist(), drawn, strict=True)
    return tuple(UnitOn(unit, value, share, picture is None) for unit, (value, share, picture) in enumerate(each))


def _projected(
    bench: Bench, image: str, name: str, sending: Sending, scale: Scale
) -> tuple[list[Image.Image | None], str]:
    inputs, units = bench.seeing.inputs(image), bench.net.layer(name).addresses
    count = len(units)
    if count > MOST_UNITS:
        raise UsageError(
            f"{name} has {count} units, more than the {MOST_UNITS} that can be sent back at once; "
            "ask for show=map, or for one unit"
        )
    size = max(1, AT_ONCE // inputs.numel())
    side, found, without = largest_cell(count), [], ""
    for part in pieces(units, size, bench.cancelled):
        sent = sending.back(inputs, part)
        found.append(reduced(sent.pixels[:, 0].float().cpu(), side))
        without = held(sent)
    drawn, told = pictures(torch.cat(found), scale, clip_of(inputs))
    return drawn, note("Zero is mid-grey.", told, without)
