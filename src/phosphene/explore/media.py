"""The pictures of the pages: sprites of patches, strips, small copies of pictures, correlation matrices."""

from __future__ import annotations

import io
from collections.abc import Sequence
from random import Random
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from phosphene.arrays import Floats
from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import Example, ImageRow
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.redundancy import LayerRedundancy
from phosphene.explore.figures import STRONGEST, LayerFigures
from phosphene.explore.sprites import COLUMNS, Cut, cell_of, encoded, sprite
from phosphene.project.patches import Patches
from phosphene.project.picture import pictures

_T = TypeVar("_T")
STRIP = 8
"""Units in a layer's strip."""
STRIP_CELL = 56
DREAMS = 12
"""Of the pictures that were made to drive a unit, so many are shown."""
DREAM_CELL = 224
ENDS = 0.6
"""Of the colours of a correlation matrix: what lies beyond takes the last one."""


def examples_of(unit: AtlasUnit) -> tuple[Example, ...]:
    """Return what a unit's sprite shows, in order: its nine strongest pictures, then the typical ones; none if dead."""
    if unit.stats.dead:
        return ()
    return (*unit.examples[:STRONGEST], *unit.typical)


def places_of(unit: AtlasUnit) -> list[int]:
    """Return the cells of `examples_of` in the sprite: the typical ones stand in the fourth row."""
    kinds = [example.kind for example in examples_of(unit)]
    return [*range(kinds.count("top")), *range(STRONGEST, STRONGEST + kinds.count("quantile"))]


def patches_sprite(atlas: Atlas, unit: AtlasUnit) -> bytes:
    """Return the patches of a unit's examples as one file."""
    examples = examples_of(unit)
    shown = _in_cells(unit, [unit.patch(example) for example in examples])
    rows = [atlas.images[example.image] for example in examples]
    cuts = _in_cells(unit, [_cut(example, row) for example, row in zip(examples, rows, strict=True)])
    cell = cell_of(shown)
    # Of pictures of many sizes the copies have many scales: only filled cells can be compared.
    fill = len({(row.width, row.height) for row in rows}) > 1
    return encoded(sprite(shown, COLUMNS, cell, [each or Cut() for each in cuts], fill), cell)


def projections_sprite(unit: AtlasUnit, found: Patches) -> bytes:
    """Return what a unit makes of the same places, sent back to pixels, as one file."""
    shown = _in_cells(unit, pictures(found.projections)[0])
    cell = cell_of(shown)
    return encoded(sprite(shown, COLUMNS, cell), cell)


def dreams_sprite(unit: AtlasUnit) -> bytes:
    """Return the first of the pictures that were made to drive a unit as one file."""
    shown, cell = _dreams(unit)
    return encoded(sprite(shown, COLUMNS, cell), cell)


def dream_cell(unit: AtlasUnit) -> int:
    """Return the side of a cell of that sprite, in pixels."""
    return _dreams(unit)[1]


def _dreams(unit: AtlasUnit) -> tuple[list[Image.Image], int]:
    shown = [dream.picture for dream in unit.dreams[:DREAMS]]
    return shown, cell_of(shown, DREAM_CELL)


def _in_cells(unit: AtlasUnit, values: Sequence[_T]) -> list[_T | None]:
    cells: list[_T | None] = [None] * (STRONGEST + len(unit.typical))
    for place, value in zip(places_of(unit), values, strict=True):
        cells[place] = value
    return cells


def _cut(example: Example, image: ImageRow) -> Cut:
    x0, y0, x1, y1 = example.box
    return Cut(x0 <= 0, y0 <= 0, x1 >= image.width, y1 >= image.height)


def drawn(figures: LayerFigures) -> list[int]:
    """Return the units of a layer's strip: drawn by lot among the living ones that have pages, always the same."""
    living = [unit for unit in figures.living if unit < figures.shown]
    return sorted(Random(0).sample(living, min(STRIP, len(living))))


def strip_sprite(atlas: Atlas, layer: str, units: Sequence[int]) -> bytes:
    """Return the strongest patch of each of ``units`` side by side as one file."""
    shown = [_strongest(atlas.unit(layer, unit)) for unit in units]
    cell = cell_of(shown, STRIP_CELL)
    return encoded(sprite(shown, STRIP, cell, fill=True), cell)


def _strongest(unit: AtlasUnit) -> Image.Image | None:
    return unit.patch(unit.examples[0]) if unit.examples else None


def matrix_png(among: LayerRedundancy) -> bytes:
    """Return a layer's correlations, a pixel for each pair, units in the order of their clustering."""
    ordered = among.correlation[np.ix_(among.order, among.order)]
    np.fill_diagonal(ordered, np.nan)
    return _png(Image.fromarray(_coloured(ordered)))


def _coloured(r: Floats) -> NDArray[np.uint8]:
    from matplotlib import colormaps

    values = colormaps["RdBu_r"](np.clip(np.nan_to_num(r) / (2 * ENDS) + 0.5, 0, 1))
    values[np.isnan(r)] = (0.5, 0.5, 0.5, 1)
    coloured: NDArray[np.uint8] = (values[..., :3] * 255).round().astype(np.uint8)
    return coloured


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def thumbnail_webp(atlas: Atlas, image: int) -> bytes | None:
    """Return the small copy of a picture as a file; None where none was kept."""
    small = atlas.thumbnail(image)
    return None if small is None else encoded(small, max(small.size))
