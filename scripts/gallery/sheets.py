"""The sheets of a gallery: figure 2, ways of projecting beside each other, units at one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.sheet import Sheet, Tile
from phosphene.network import Network
from phosphene.project import project
from phosphene.project.picture import input_pictures, pictures
from phosphene.sheets.figures import GREY, bare, number
from phosphene.sheets.patches import nines_sheet, unit_group
from phosphene.story.material import Material
from phosphene.story.measures import agreement
from phosphene.story.peaks import Peaks
from scripts.gallery.places import Place, Way, active_there, cut, sent
from scripts.gallery.units import Nine

PATCH, TILE = 42.0, 54.0  # points: 87 and 112 pixels at 150 an inch
OTHERS = 5
CLIP = 99.0  # per cent of a tile's values that its scale shows; a few spots would grey all others
EDGE = "The flat brown in a patch lies beyond the photograph's edge."
CLIPPED = f"Each tile scaled to {CLIP:g} % of its own |values|; what lies beyond is clipped."
SCALE = f"{GREY} {CLIPPED} {EDGE}"


def figure_2(net: Network, layer: str, peaks: Peaks, found: Sequence[Nine]) -> Sheet:
    """Show units of a layer, two side by side: their nine strongest photographs, and nine projections."""
    groups = [
        unit_group(each.chosen, each.found, float(peaks.highest[each.chosen.unit]), percentile=CLIP) for each in found
    ]
    sheet = nines_sheet(net, layer, groups, 2, PATCH, CLIPPED)
    return replace(sheet, scale_note=f"{sheet.scale_note} {EDGE}")


def ways_sheet(net: Network, material: Material, places: Sequence[Place], ways: Sequence[Way], title: str) -> Sheet:
    """Show a unit of each layer (columns), its whole map and its peak alone, sent back in several ways (rows)."""
    maps = [_drawn([_whole(net, place, way, material) for place in places]) for way in ways]
    peaks = [_drawn([_patch(net, place, way, material) for place in places]) for way in ways]
    photographs = [Tile(_photograph(net, material, place)) for place in places]
    patches = [Tile(_seen(net, material, place)) for place in places]
    rows = [photographs, *map(bare, maps), patches, *map(bare, peaks)]
    headers = ["the photograph", *(f"whole map {way.name}" for way in ways)]
    headers += ["what the peak sees", *(f"peak {way.name}" for way in ways)]
    return Sheet(
        [tile for row in rows for tile in row],
        len(places),
        f"{net.name} · {title}",
        f"{SCALE} Above each column layer, unit and peak.",
        column_headers=tuple(f"{p.unit.layer} {p.unit.index}: {number(p.value)}" for p in places),
        row_headers=tuple(header.strip() for header in headers),
        tile_size=TILE,
    )


def neighbours_sheet(net: Network, material: Material, places: Sequence[Place], seed: int) -> Sheet:
    """Show what several units have at the same place of a photograph; a row for each layer."""
    return Sheet(
        [tile for place in places for tile in _neighbours(net, material, place, seed)],
        2 + OTHERS,
        f"{net.name} · units of one layer at the same place of the same photograph",
        f"{SCALE} Below each projection its unit, and Pearson's r with the first projection of the row.",
        column_headers=("what the place sees", "the unit", *("another",) * OTHERS),
        row_headers=tuple(place.unit.layer for place in places),
        tile_size=TILE,
    )


def _neighbours(net: Network, material: Material, place: Place, seed: int) -> list[Tile]:
    units = [place.index, *active_there(net, place, material, OTHERS, seed)]
    pixels = sent(net, place, units, Way(), material).pixels[:, 0]
    patches = torch.stack([cut(place.box, one) for one in pixels])
    values = ["", *(f"r {r:.2f}".replace("-", "−") for r in agreement(patches[:1].expand_as(patches), patches)[1:])]
    tiles = [
        Tile(picture, str(unit), value, note="" if picture else "nothing arrives")
        for picture, unit, value in zip(_drawn(list(patches)), units, values, strict=True)
    ]
    missing = 1 + OTHERS - len(tiles)
    return [Tile(_seen(net, material, place)), *tiles, *[Tile(note="no other is active")] * missing]


def _drawn(pixels: Sequence[Tensor]) -> list[Image.Image | None]:
    return [pictures(one[None], "tile", CLIP)[0][0] for one in pixels]


def _whole(net: Network, place: Place, way: Way, material: Material) -> Tensor:
    """(C, H, W) The unit's whole map sent back."""
    return project(net, net.prepare(material.images[place.image]), place.unit, way.rule, way.unpool).pixels[0, 0]


def _patch(net: Network, place: Place, way: Way, material: Material) -> Tensor:
    """(C, h, w) The unit's peak alone sent back, cut to what it sees."""
    return cut(place.box, sent(net, place, [place.index], way, material).pixels[0, 0])


def _photograph(net: Network, material: Material, place: Place) -> Image.Image:
    return input_pictures(net.scale.to_picture(net.prepare(material.images[place.image])))[0]


def _seen(net: Network, material: Material, place: Place) -> Image.Image:
    """Return the pixels seen from the place; beyond the photograph's edge what the network is padded with."""
    beyond = net.scale.to_picture(torch.zeros(1, net.input_size[0], 1, 1)).flatten()
    picture = net.scale.to_picture(net.prepare(material.images[place.image]))[0]
    return input_pictures(place.box.cut(picture, beyond)[None])[0]
