"""The kinds of figure that the chapters show. Each function computes once and returns what draws the sheet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from phosphene.atlas.records import Example
from phosphene.draw.colour import filters
from phosphene.draw.scaling import measure
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.network import Network, Unit
from phosphene.project import Unpool, project
from phosphene.project.picture import input_pictures, pictures
from phosphene.sheets.figures import GREY, bare, beside, number, projected, tile_of
from phosphene.sources.images import Picture
from phosphene.story.material import Material
from phosphene.story.plate import Draw, Form, Grid, Grids

CLIP = 99.0  # per cent of the values below which a shared scale ends, so that one spot does not grey all others
UNPOOLS: tuple[Unpool, Unpool] = ("fill", "switches")
VALUES = "Right of each unit's number its strongest value here."


def filter_plate(net: Network) -> Draw:
    """Show the filters of a network's first convolution."""
    weights = first_weights(net)
    scaling = measure(weights)
    tiles = [
        Tile(Image.fromarray(one), str(unit), number(largest))
        for unit, (one, largest) in enumerate(zip(filters(weights, scaling), scaling.largest.tolist(), strict=True))
    ]
    title = f"{net.name} · {_first_convolution(net)} · the {len(weights)} filters"
    note = f"{GREY} {scaling.note} Below each its number and its largest |weight|."
    return _sheets(tiles, Grids(Grid(16, 60), Grid(6, 90)), weights.shape[-1], title, note)


def first_weights(net: Network) -> Tensor:
    """Return the filters of a network's first convolution, (K, C, h, w)."""
    return net.model.get_submodule(_first_convolution(net)).get_parameter("weight").detach()


def _first_convolution(net: Network) -> str:
    return next(layer.name for layer in net.layers() if layer.kind == "conv2d")


def layer_plate(net: Network, layer: str, picture: Picture, name: str) -> Draw:
    """Show all units of a layer on one picture, no pooling on the way."""
    sent = project(net, picture, layer)
    shown, note = projected(sent.pixels[:, 0], "tile")
    values = sent.activation[:, 0].tolist()
    tiles = [tile_of(one, str(unit), value) for unit, (one, value) in enumerate(zip(shown, values, strict=True))]
    title = f"{net.name} · {layer} · all {len(tiles)} units on {name}"
    return _sheets(tiles, Grids(Grid(8, 128), Grid(4, 128)), net.input_size[2], title, f"{note} {VALUES}")


def unpool_plate(net: Network, layer: str, picture: Picture, name: str) -> Draw:
    """Show all units of a layer on one picture, each by `fill` and by `switches`."""
    ways = [project(net, picture, layer, unpool=unpool) for unpool in UNPOOLS]
    (fill, note), (switches, _) = (projected(way.pixels[:, 0], "tile") for way in ways)
    values = ways[0].activation[:, 0].tolist()
    groups = [
        Group(bare(pair), 2, str(unit), number(value))
        for unit, (value, *pair) in enumerate(zip(values, fill, switches, strict=True))
    ]
    title = f"{net.name} · {layer} · all {len(groups)} units on {name}"
    subtitle = "Of each pair, left: un-pooled by fill, as in the blog; right: by switches, as in the paper"
    grids = Grids(Grid(8, 64), Grid(3, 96))
    return _sheets(groups, grids, net.input_size[2], title, f"{note} {VALUES}", subtitle)


def unit_plate(net: Network, unit: Unit, material: Material, images: Sequence[int], unpools: Sequence[Unpool]) -> Draw:
    """Show one unit on many pictures: each beside its projections, all on one scale for each un-pooling."""
    inputs = net.prepare(material.pictures(images))
    ways = [project(net, inputs, unit, unpool=unpool) for unpool in unpools]
    drawn = [pictures(way.pixels[0], "shared", CLIP) for way in ways]
    values, seen = ways[0].activation[0].tolist(), input_pictures(ways[0].inputs)
    names = map(material.title, images)
    groups = [beside(*each) for each in zip(names, values, seen, *(shown for shown, _ in drawn), strict=True)]
    title = f"{net.name} · {unit} · from the picture that drives it most to weak ones"
    subtitle = "" if len(unpools) == 1 else f"Each picture, then its projection by {' and by '.join(unpools)}"
    grids = Grids(Grid(5, 96), Grid(2, 128)) if len(unpools) == 1 else Grids(Grid(3, 96), Grid(2, 96))
    return _sheets(groups, grids, net.input_size[2], title, f"{GREY} {drawn[0][1]}", subtitle)


def best_plate(net: Network, material: Material, best: Sequence[Example]) -> Draw:
    """Show, for every unit of a layer, the picture that drives it most beside its projection."""
    sent = [project(net, material.images[one.image], Unit(one.layer, one.unit)) for one in best]
    shown, note = projected(torch.cat([each.pixels[0] for each in sent]), "tile")
    groups = [
        Group(
            (Tile(input_pictures(each.inputs)[0], captions=(material.title(one.image),)), *bare([picture])),
            2,
            str(one.unit),
            number(one.value),
        )
        for one, each, picture in zip(best, sent, shown, strict=True)
    ]
    title = f"{net.name} · {best[0].layer} · of {len(material):,} pictures the one that drives each unit most"
    return _sheets(groups, Grids(Grid(4, 128), Grid(2, 128)), net.input_size[2], title, f"{note} {VALUES}")


def _sheets(tiles: Sequence[Tile | Group], grids: Grids, side: int, title: str, note: str, subtitle: str = "") -> Draw:
    """Return what lays ``tiles``, whose pictures are ``side`` pixels wide, out for a form."""

    def draw(form: Form) -> Sheet:
        grid = grids.of(form)
        return Sheet(tiles, grid.columns, title, note, subtitle, tile_size=grid.tile_size(side, form))

    return draw
