"""How a projection shows itself in a notebook: each picture, and beside it what its units look like there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image

from phosphene.draw.notebook import note, tile, tiles, whole
from phosphene.draw.sheet import Tile
from phosphene.project.picture import input_pictures, tiles_of, title_of

if TYPE_CHECKING:
    from phosphene.project.projection import Projection

_SIDE = 96
"""Pixels of a tile's side."""
_MOST_IMAGES, _MOST = 12, 64
"""So many images, and projections in all, are shown."""


def projection_html(projection: Projection) -> str:
    """Return what shows a projection: pictures embedded, the first ones of many."""
    part = _part(projection)
    shown, scale = tiles_of(part)
    count = len(part.inputs)
    rows = [
        tiles(_row(index, picture, shown[index::count])) for index, picture in enumerate(input_pictures(part.inputs))
    ]
    return whole(title_of(projection), f"Zero is mid-grey. {scale}", tiles(rows, 20), note(_left_out(projection, part)))


def _part(projection: Projection) -> Projection:
    images = min(len(projection.inputs), _MOST_IMAGES)
    units = min(len(projection.activation), max(1, _MOST // images))
    return replace(
        projection,
        units=projection.units[:units],
        signal=projection.signal[:units, :images],
        activation=projection.activation[:units, :images],
        places=projection.places[:units, :images],
        inputs=projection.inputs[:images],
    )


def _row(index: int, picture: Image.Image, shown: list[Tile]) -> Iterator[str]:
    name = f"image {index}"
    yield tile(picture, (name,), _SIDE, f"{name}, as the network sees it")
    for each in shown:
        unit = each.label if each.label != name else ""
        said = f"{unit or 'its projection'} on {name}: {each.note or each.value}"
        yield tile(each.picture, tuple(filter(None, (unit, each.value))), _SIDE, said, each.note, grey=True)


def _left_out(projection: Projection, part: Projection) -> str:
    images = len(projection.inputs) - len(part.inputs)
    units = len(projection.activation) - len(part.activation)
    more = [f"{count:,} more {what}" for count, what in ((images, "images"), (units, "units")) if count]
    return (
        f"Not shown: {' and '.join(more)}; .sheet() draws all." if more else ".sheet() draws the same as one picture."
    )
