"""The kinds of figure that the chapters show."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.colour import filters, signed
from phosphene.draw.scaling import measure
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.network import Network, Unit
from phosphene.project import Unpool, project
from phosphene.project.picture import input_pictures
from phosphene.story.figures import GREY, bare, beside, number, projected, tile_of
from phosphene.story.material import Material
from phosphene.story.plate import WIDE, Form, Grid

CLIP = 99.0  # per cent of the values below which a shared scale ends, so that one spot does not grey all others


def filter_sheet(net: Network, form: Form) -> Sheet:
    """Show the filters of a network's first convolution."""
    name = _first_convolution(net)
    weights = first_weights(net)
    scaling = measure(weights)
    tiles = [
        Tile(Image.fromarray(one), str(unit), number(largest))
        for unit, (one, largest) in enumerate(zip(filters(weights, scaling), scaling.largest.tolist(), strict=True))
    ]
    grid = Grid(16, 60) if form is WIDE else Grid(6, 90)
    title = f"{net.name} · {name} · the {len(weights)} filters"
    note = f"{GREY} {scaling.note} Below each its number and its largest |weight|."
    return Sheet(tiles, grid.columns, title, note, tile_size=grid.tile_size(weights.shape[-1], form))


def first_weights(net: Network) -> Tensor:
    """Return the filters of a network's first convolution, (K, C, h, w)."""
    return net.model.get_submodule(_first_convolution(net)).get_parameter("weight").detach()


def _first_convolution(net: Network) -> str:
    return next(layer.name for layer in net.layers() if layer.kind == "conv2d")


def layer_sheet(net: Network, layer: str, inputs: Tensor, name: str, form: Form) -> Sheet:
    """Show all units of a layer on one picture, no pooling on the way."""
    sent = project(net, inputs, layer)
    shown, note = projected(sent.pixels[:, 0], "tile")
    values = sent.activation[:, 0].tolist()
    tiles = [
        tile_of(picture, str(unit), value) for unit, (picture, value) in enumerate(zip(shown, values, strict=True))
    ]
    grid = Grid(8, 128) if form is WIDE else Grid(4, 128)
    title = f"{net.name} · {layer} · all {len(tiles)} units on {name}"
    return Sheet(tiles, grid.columns, title, f"{note} {VALUES}", tile_size=grid.tile_size(inputs.shape[-1], form))


def unpool_sheet(net: Network, layer: str, inputs: Tensor, name: str, form: Form) -> Sheet:
    """Show all units of a layer on one picture, each by `fill` and by `switches`."""
    ways = [project(net, inputs, layer, unpool=unpool) for unpool in UNPOOLS]
    drawn = [projected(way.pixels[:, 0], "tile") for way in ways]
    groups = [
        Group(bare(pair), 2, str(unit), number(value))
        for unit, (value, *pair) in enumerate(
            zip(ways[0].activation[:, 0].tolist(), *(shown for shown, _ in drawn), strict=True)
        )
    ]
    grid = Grid(8, 64) if form is WIDE else Grid(3, 96)
    title = f"{net.name} · {layer} · all {len(groups)} units on {name}"
    note = f"{drawn[0][1]} {VALUES}"
    subtitle = "Of each pair, left: un-pooled by fill, as in the blog; right: by switches, as in the paper"
    return Sheet(groups, grid.columns, title, note, subtitle, tile_size=grid.tile_size(inputs.shape[-1], form))


UNPOOLS: tuple[Unpool, Unpool] = ("fill", "switches")
VALUES = "Right of each unit's number its strongest value here."


def unit_sheet(
    net: Network, unit: Unit, material: Material, rows: Sequence[int], unpools: Sequence[Unpool], form: Form
) -> Sheet:
    """Show one unit on many pictures: each beside its projections, all on one scale for each un-pooling."""
    ways = [project(net, material.inputs(net, rows), unit, unpool=unpool) for unpool in unpools]
    drawn = [_shared(way.pixels[0]) for way in ways]
    values = ways[0].activation[0].tolist()
    pictures = input_pictures(ways[0].inputs)
    names = [material.title(row) for row in rows]
    groups = [beside(*each) for each in zip(names, values, pictures, *(shown for shown, _ in drawn), strict=True)]
    grid = _unit_grid(len(unpools), form)
    title = f"{net.name} · {unit} · from the picture that drives it most to weak ones"
    subtitle = "" if len(unpools) == 1 else f"Each picture, then its projection by {' and by '.join(unpools)}"
    note = f"{GREY} {drawn[0][1]}"
    return Sheet(groups, grid.columns, title, note, subtitle, tile_size=grid.tile_size(material.pixels.shape[-1], form))


def _unit_grid(projections: int, form: Form) -> Grid:
    if projections == 1:
        return Grid(5, 96) if form is WIDE else Grid(2, 128)
    return Grid(3, 96) if form is WIDE else Grid(2, 96)


def _shared(pixels: Tensor) -> tuple[list[Image.Image | None], str]:
    """Draw projections (K, C, H, W) on one scale; None where nothing arrives."""
    scaling = measure(pixels, "shared", CLIP)
    shown = [Image.fromarray(one) for one in signed(pixels, scaling)]
    return [None if empty else one for one, empty in zip(shown, scaling.empty, strict=True)], scaling.note


def best_sheet(net: Network, layer: str, material: Material, best: Sequence[int], form: Form) -> Sheet:
    """Show, for every unit of a layer, the picture that drives it most beside its projection."""
    sent = [project(net, material.inputs(net, [row]), Unit(layer, unit)) for unit, row in enumerate(best)]
    shown, note = projected(torch.cat([each.pixels[0] for each in sent]), "tile")
    groups = [
        _named(beside(str(unit), float(each.activation), input_pictures(each.inputs)[0], picture), material.title(row))
        for unit, (each, picture, row) in enumerate(zip(sent, shown, best, strict=True))
    ]
    grid = Grid(4, 128) if form is WIDE else Grid(2, 128)
    title = f"{net.name} · {layer} · of {len(material):,} pictures the one that drives each unit most"
    return Sheet(
        groups, grid.columns, title, f"{note} {VALUES}", tile_size=grid.tile_size(material.pixels.shape[-1], form)
    )


def _named(group: Group, name: str) -> Group:
    first, *rest = group.tiles
    assert isinstance(first, Tile)
    return Group((Tile(first.picture, captions=(name,)), *rest), group.columns, group.label, group.value)
