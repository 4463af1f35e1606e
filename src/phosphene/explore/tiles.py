"""Tiles: one cell of a sprite, where it leads, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import DreamRow, Example
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.phrases import counted
from phosphene.explore import media, paths
from phosphene.explore.figures import LayerFigures
from phosphene.explore.sizes import COARSE, TILE, Size, enlarged
from phosphene.explore.sprites import LARGEST
from phosphene.explore.words import number


@dataclass(frozen=True)
class Tile:
    """What stands in one place of a page.

    Attributes:
        unit: the unit's number.
        cell: which cell of the sprite is shown.
        value: the figure below the picture.
        alt: what is to be seen, in words.
        href: where it leads, from the top; empty where it leads nowhere.
        sprite: where its sprite is, from the top.
        size: of the tile.
        why: why there is no picture; empty where there is one.
    """

    unit: int
    cell: int
    value: str
    alt: str
    href: str
    sprite: str
    size: Size
    why: str = ""


def unit_tiles(atlas: Atlas, unit: AtlasUnit, figures: LayerFigures, slug: str) -> list[Tile]:
    """Return the tiles of a unit's examples: nine strongest, then the typical ones."""
    plain = Tile(
        unit.index, 0, "", "", "", paths.patches(slug, unit.index), _size(figures, unit.index), _not_kept(atlas)
    )
    return [
        _of_example(unit, example, replace(plain, cell=cell))
        for cell, example in zip(media.places_of(unit), media.examples_of(unit), strict=True)
    ]


def _of_example(unit: AtlasUnit, example: Example, plain: Tile) -> Tile:
    image, value = unit.image(example), number(example.value)
    typical = example.kind == "quantile"
    rank = f"{example.rank} %" if typical else f"no. {example.rank + 1}"
    shown = f"{unit}, {rank}: {value} on {image.name}{f', {image.label}' if image.label else ''}"
    below = f"{rank}: {value}" if typical else value
    return replace(plain, value=below, alt=shown, href=paths.image_page(example.image))


def dream_tiles(unit: AtlasUnit, slug: str) -> list[Tile]:
    """Return the tiles of the pictures that were made to drive a unit."""
    where, size = paths.dreams(slug, unit.index), enlarged(media.dream_cell(unit), DREAM)
    return [
        Tile(unit.index, cell, number(dream.activation), _of_dream(unit, dream), "", where, size)
        for cell, dream in enumerate(unit.dreams[: media.DREAMS])
    ]


def _of_dream(unit: AtlasUnit, dream: DreamRow) -> str:
    return f"what drives {unit} most, from seed {dream.seed}: {number(dream.activation)}"


def layer_tiles(atlas: Atlas, figures: LayerFigures, slug: str) -> list[Tile]:
    """Return a tile for each unit of a layer that has a page: its strongest patch."""
    return [unit_tile(atlas, figures, unit, slug) for unit in range(figures.shown)]


def unit_tile(atlas: Atlas, figures: LayerFigures, unit: int, slug: str) -> Tile:
    """Return the tile that stands for a unit: its strongest patch."""
    address, value = f"{figures.layer.name}:{unit}", number(figures.stats[unit].maximum)
    why = _not_kept(atlas) or _nothing(atlas, figures, unit)
    shown = f"{address}: {why}" if why else f"{address}, strongest patch: {value}"
    where = paths.unit_page(slug, unit) if unit < figures.shown else ""
    return Tile(unit, 0, value, shown, where, paths.patches(slug, unit), _size(figures, unit), why)


def _nothing(atlas: Atlas, figures: LayerFigures, unit: int) -> str:
    if unit >= figures.shown:
        return LEFT_OUT
    if figures.stats[unit].dead:
        return f"dead on {counted(atlas.progress.scanned, 'picture')}"
    return "" if unit in figures.cells else "no finite value on any picture"


DREAM = 160
"""Pixels to a side of a picture that was made to drive a unit."""
LEFT_OUT = "not in these files"


def strip_tiles(atlas: Atlas, figures: LayerFigures, slug: str) -> list[Tile]:
    """Return the tiles of a layer's strip."""
    units = media.drawn(figures)
    tiles = (unit_tile(atlas, figures, unit, slug) for unit in units)
    strip, size = paths.strip(slug), enlarged(max(figures.cells.values(), default=media.STRIP_CELL), media.STRIP_CELL)
    return [replace(tile, cell=cell, sprite=strip, size=size) for cell, tile in enumerate(tiles)]


def _size(figures: LayerFigures, unit: int) -> Size:
    """Patches of copies of many scales have no pixels of their own to keep even; their tiles are of one size."""
    cell = figures.cells.get(unit, LARGEST)
    return enlarged(cell) if len(set(figures.cells.values())) < 2 else Size(TILE, TILE, cell <= COARSE)


def _not_kept(atlas: Atlas) -> str:
    return "" if atlas.manifest.options.keep_images else "no picture kept"
