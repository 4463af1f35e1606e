"""Sheets of projections: all units on one image, one unit on many images, several on several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image
from torch import Tensor

from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.project import Projection
from phosphene.project.picture import NOT_ACTIVE, input_pictures, pictures

GREY = "Zero is mid-grey."


def units_sheet(
    projection: Projection, title: str, name: str, scale: Scale = "tile", columns: int | None = None
) -> Sheet:
    """Show all units of a projection on its one image, which stands first."""
    shown, note = projected(projection.pixels[:, 0], scale)
    tiles = [Tile(input_pictures(projection.inputs)[0], label="the image")]
    for unit, picture, value in zip(projection.units, shown, projection.activation[:, 0].tolist(), strict=True):
        tiles.append(tile_of(picture, str(unit.index), value))
    subtitle = f"{name}, and what each unit makes of it; below that its number and value"
    return Sheet(tiles, columns, title, note, subtitle=subtitle)


def images_sheet(
    projection: Projection, title: str, names: Sequence[str], scale: Scale = "tile", columns: int | None = None
) -> Sheet:
    """Show a projection's one unit on all images: each image beside its projection, its value above."""
    shown, note = projected(projection.pixels[0], scale)
    values = projection.activation[0].tolist()
    images = input_pictures(projection.inputs)
    pairs = [beside(*each) for each in zip(names, values, images, shown, strict=True)]
    subtitle = "Each image beside its projection; above it the unit's strongest value there"
    return Sheet(pairs, columns, title, note, subtitle=subtitle)


def grid_sheet(projection: Projection, title: str, names: Sequence[str], scale: Scale = "tile") -> Sheet:
    """Show several units (rows) on several images (columns); the images stand in the first row."""
    shown, note = projected(projection.pixels.flatten(0, 1), scale)
    values = projection.activation.flatten().tolist()
    tiles = [Tile(image) for image in input_pictures(projection.inputs)]
    tiles += [tile_of(picture, "", value) for picture, value in zip(shown, values, strict=True)]
    rows = ("image", *(str(unit.index) for unit in projection.units))
    return Sheet(tiles, len(names), title, note, column_headers=tuple(names), row_headers=rows)


def projected(pixels: Tensor, scale: Scale) -> tuple[list[Image.Image | None], str]:
    """Draw projections (K, C, H, W); returns them, None where nothing arrives, and the note on their colours."""
    shown, note = pictures(pixels, scale)
    return shown, f"{GREY} {note}"


def tile_of(picture: Image.Image | None, label: str, value: float, captions: tuple[str, ...] = ()) -> Tile:
    """Return a projection's tile, which says so if the unit is not active."""
    return Tile(picture, label, number(value), captions, note="" if picture else NOT_ACTIVE, around_grey=True)


def beside(label: str, value: float, image: Image.Image, *shown: Image.Image | None) -> Group:
    """Return an image with one or more projections at its right, under one heading."""
    return Group((Tile(image), *bare(shown)), 1 + len(shown), label, number(value))


def bare(shown: Iterable[Image.Image | None]) -> tuple[Tile, ...]:
    """Return projections as tiles without words, but for those where nothing arrives."""
    return tuple(Tile(picture, note="" if picture else NOT_ACTIVE, around_grey=True) for picture in shown)


def number(value: float) -> str:
    """Return a value as figures state it, with three digits."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")
