"""What ``phosphene show`` draws: from images and a layer to the sheet that fits their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from PIL import Image

from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Sheet
from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.memory import allowance
from phosphene.network import Network, Unit
from phosphene.project import Position, Projection, Rule, Unpool, project
from phosphene.project.picture import title_of
from phosphene.sheets.figures import grid_sheet, images_sheet, units_sheet
from phosphene.sources.images import Failure, ImageSet

MOST_TILES = 1200
WIDEST_GRID = 16
BATCH = 32


@dataclass(frozen=True)
class Shown:
    """A sheet, and what is on it.

    Attributes:
        sheet: the figure.
        units: addresses.
        images: names, in order.
        activation: for every unit a value for every image.
        failures: images that could not be read.
    """

    sheet: Sheet
    units: tuple[str, ...]
    images: tuple[str, ...]
    activation: list[list[float]]
    failures: tuple[Failure, ...]


def show(
    net: Network,
    images: ImageSet,
    units: Sequence[Unit],
    rule: Rule = "deconvnet",
    unpool: Unpool = "switches",
    position: Position = "map",
    scale: Scale = "tile",
    columns: int | None = None,
    memory: int | None = None,
) -> Shown:
    """Draw units of one layer on images: all units of one image, one unit on many, or a grid of both.

    ``memory`` is how many bytes computing may take, as `project` understands it. None: as `project` has
    it then.

    Raises:
        UsageError: more pictures than one sheet holds; an unknown layer, unit, rule …
        PhospheneError: none of the images can be read.
    """
    count = sum(net.layer(unit.layer).units if unit.index is None else 1 for unit in units)
    _check_size(count, len(images))
    names, inputs = _opened(images)
    size = _images_at_once(net, units[0].layer, memory)
    batches = [inputs[start : start + size] for start in range(0, len(inputs), size)]
    parts = [project(net, batch, list(units), rule, unpool, position, memory=memory) for batch in batches]
    whole = _joined(parts)
    return Shown(
        _sheet(whole, f"{net.name} · {title_of(whole)}", names, scale, columns),
        tuple(str(unit) for unit in whole.units),
        tuple(names),
        whole.activation.tolist(),
        tuple(images.failures),
    )


def _check_size(units: int, images: int) -> None:
    if units > MOST_TILES:
        raise UsageError(f"{units} units do not fit on one sheet; name up to {MOST_TILES} of them with --unit")
    if units > 1 and images > WIDEST_GRID:
        raise UsageError(
            f"{units} units on {images} images do not fit on one sheet; name one unit with --unit, or give at most "
            f"{WIDEST_GRID} images"
        )
    if units * images > MOST_TILES:
        raise UsageError(
            f"{units * images} projections do not fit on one sheet; give at most {MOST_TILES // units} images"
        )


def _images_at_once(net: Network, layer: str, memory: int | None) -> int:
    """Return how many images fit into ``memory`` bytes: autograd keeps every layer, and five of the largest go back."""
    names = [each.name for each in net.layers()]
    values = [each.units * each.size[0] * each.size[1] for each in net.layers()[: names.index(layer) + 1]]
    budget = allowance(net.device, memory)
    return max(1, min(BATCH, budget // (net.dtype.itemsize * (sum(values) + 5 * max(values)))))


def _opened(images: ImageSet) -> tuple[list[str], list[Image.Image]]:
    opened = list(images.readable())
    if not opened:
        why = images.failures[0].reason if images.failures else "there is none"
        raise PhospheneError(f"no picture of {images.name} can be read: {why}")
    return [picture.id for picture, _ in opened], [image for _, image in opened]


def _joined(parts: Sequence[Projection]) -> Projection:
    """Put the images of projections of the same units behind each other."""
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        signal=torch.cat([part.signal for part in parts], 1),
        activation=torch.cat([part.activation for part in parts], 1),
        places=torch.cat([part.places for part in parts], 1),
        inputs=torch.cat([part.inputs for part in parts]),
    )


def _sheet(projection: Projection, title: str, names: Sequence[str], scale: Scale, columns: int | None) -> Sheet:
    if len(names) == 1:
        return units_sheet(projection, title, names[0], scale, columns)
    if len(projection.units) == 1:
        return images_sheet(projection, title, names, scale, columns)
    return grid_sheet(projection, title, names, scale)


def addresses(net: Network, layer: str, units: Sequence[int]) -> list[Unit]:
    """Return the addresses of ``units`` of a layer, or of all if none is named; ``layer`` may be one ("conv2:9")."""
    whole = net.unit(layer)
    if whole.index is not None and units:
        raise UsageError(f"{layer!r} names a unit already; leave out --unit, or give the layer {whole.layer!r} alone")
    return [net.unit(Unit(whole.layer, index)) for index in units] or [whole]


def position_of(text: str) -> Position:
    """Read ``map``, ``peak`` or ``Y,X`` (row and column in the layer's map)."""
    if text == "map":
        return "map"
    if text == "peak":
        return "peak"
    match = re.fullmatch(r"(\d+),(\d+)", text)
    if match is None:
        hint = did_you_mean(text, ("map", "peak")) or "; type map, peak, or a row and a column of the map such as 3,5"
        raise UsageError(f"there is no position {text!r}{hint}")
    return int(match[1]), int(match[2])
