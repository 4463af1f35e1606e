"""Projections as pictures: a tile for each unit on each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.colour import filters, signed
from phosphene.draw.scaling import Scale, measure
from phosphene.draw.sheet import Sheet, Tile

if TYPE_CHECKING:
    from phosphene.project.projection import Projection

NOT_ACTIVE = "not active here"
LARGE = 64  # pixels: pictures with a longer side have so many values that a few strong ones would grey all others
CLIP = 99.5  # per cent: where the scale of such pictures ends


def pictures(
    pixels: Tensor, scale: Scale = "tile", percentile: float | None = None
) -> tuple[list[Image.Image | None], str]:
    """Draw signed pictures (K, C, H, W), zero mid-grey; returns them, None where there is nothing, and the scale note.

    The scale ends at the ``percentile`` of the values: None is the maximum for small pictures, `CLIP` for large ones.
    Other than 1 or 3 channels are drawn as grey pictures side by side.
    """
    if percentile is None:
        percentile = CLIP if max(pixels.shape[-2:]) > LARGE else 100.0
    scaling = measure(pixels, scale, percentile)
    if pixels.shape[1] in (1, 3):
        drawn = signed(pixels, scaling)
    else:
        drawn = np.concatenate(list(np.moveaxis(filters(pixels, scaling), 1, 0)), axis=2)
    shown = [None if empty else Image.fromarray(one) for one, empty in zip(drawn, scaling.empty, strict=True)]
    return shown, scaling.note


def tiles_of(projection: Projection, scale: Scale = "tile") -> tuple[list[Tile], str]:
    """Return a labelled tile for each unit and image, units outermost, and the note on their scale."""
    units, images = projection.activation.shape
    shown, note = pictures(projection.pixels.flatten(0, 1), scale)
    tiles = []
    for index, picture in enumerate(shown):
        unit, image = divmod(index, images)
        label = str(projection.units[unit])
        tiles.append(
            Tile(
                picture,
                label=label if images == 1 or units > 1 else f"image {image}",
                value=f"{float(projection.activation[unit, image]):.2f}",
                captions=(f"image {image}",) if images > 1 and units > 1 else (),
                note="" if picture else NOT_ACTIVE,
                around_grey=True,
            )
        )
    return tiles, note


def title_of(projection: Projection) -> str:
    """Name what was sent back: the layer or the unit, the rule, the un-pooling, the position."""
    first = projection.units[0]
    subject = str(first) if len(projection.units) == 1 else first.layer
    where = (
        projection.position if isinstance(projection.position, str) else "position {}, {}".format(*projection.position)
    )
    return f"{subject} · {projection.way.rule} · {projection.way.unpool} · {where}"


def sheet_of(projection: Projection, scale: Scale = "tile", columns: int | None = None) -> Sheet:
    """Lay all units and images of a projection out on one sheet."""
    tiles, note = tiles_of(projection, scale)
    return Sheet(tiles, columns=columns, title=title_of(projection), scale_note=f"Zero is mid-grey. {note}")


def input_pictures(inputs: Tensor) -> list[Image.Image]:
    """Show what the network saw (N, C, H, W), values 0..1; other than 3 channels as the grey mean of all."""
    colour = inputs if inputs.shape[1] == 3 else inputs.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    bytes_ = (colour.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(one) for one in bytes_]
