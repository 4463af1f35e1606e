"""Figure 2 of Zeiler & Fergus: a unit's strongest patches beside what one position of it looks like in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.network import Network, Unit
from phosphene.project import Projection, project
from phosphene.project.picture import input_pictures
from phosphene.story.choice import strongest_apart
from phosphene.story.figures import GREY, bare, clipped, number
from phosphene.story.material import Material
from phosphene.story.plate import WIDE, Form
from phosphene.story.receptive import box_of
from phosphene.story.survey import Peaks

NINE = 9
EACH = 2  # windows of one photograph among the nine


@dataclass(frozen=True)
class Chosen:
    """A unit to show, and why: its rank by prominence, or a draw."""

    unit: int
    why: str


@dataclass(frozen=True)
class Patches:
    """The strongest pictures of one unit, cut to what the strongest position sees.

    Attributes:
        chosen: the unit.
        rows: which pictures, strongest first.
        values: their peaks.
        patches: (n, 3, h, w) picture values.
        projections: (n, 3, h, w) signed, in picture values.
    """

    chosen: Chosen
    rows: list[int]
    values: list[float]
    patches: Tensor
    projections: Tensor


def patches_of(net: Network, layer: str, chosen: Sequence[Chosen], peaks: Peaks, material: Material) -> list[Patches]:
    """Find each unit's nine strongest pictures, one position in each, and send that position back to pixels."""
    return [_of_unit(net, layer, each, peaks.value[:, each.unit], material) for each in chosen]


def _of_unit(net: Network, layer: str, chosen: Chosen, peaks: Tensor, material: Material) -> Patches:
    rows = strongest_apart(peaks, material, NINE, EACH)
    sent = project(net, material.inputs(net, rows), Unit(layer, chosen.unit), position="peak")
    return Patches(chosen, rows, sent.activation[0].tolist(), *seen_parts(net, layer, sent))


def seen_parts(net: Network, layer: str, sent: Projection) -> tuple[Tensor, Tensor]:
    """Cut to what the peaks of one unit see: the pictures and the projections, (N, C, h, w) each, in picture values.

    What lies beyond the picture is the input's zero in the pictures, and nothing in the projections.
    """
    view, size = net.layer(layer).view, (sent.inputs.shape[2], sent.inputs.shape[3])
    boxes = [box_of(view, (y, x), size) for y, x in sent.places[0].tolist()]
    beyond = net.scale.to_picture(torch.zeros(1, net.input_size[0], 1, 1)).flatten()
    nothing = torch.zeros(net.input_size[0])
    return (
        torch.stack([box.cut(picture, beyond) for box, picture in zip(boxes, sent.inputs, strict=True)]),
        torch.stack([box.cut(picture, nothing) for box, picture in zip(boxes, sent.pixels[0], strict=True)]),
    )


def patches_sheet(net: Network, layer: str, found: Sequence[Patches], form: Form) -> Sheet:
    """Show units of a layer on the page, each as nine patches beside nine projections."""
    side = found[0].patches.shape[-1] if found else 1
    times = max(1, round((64 if form is WIDE else 96) / side))
    return nines_sheet(net, layer, found, 3 if form is WIDE else 1, form.points(times * side))


def nines_sheet(
    net: Network, layer: str, found: Sequence[Patches], columns: int, tile_size: float, percentile: float = 100.0
) -> Sheet:
    """Show units of a layer, ``columns`` side by side, each as nine patches beside nine projections.

    Projections are scaled to the ``percentile`` of their own values, see `phosphene.draw.scaling.measure`.
    """
    seen = net.layer(layer).receptive_field
    whole = seen is None or seen[0] >= net.input_size[1] or seen[1] >= net.input_size[2]
    what = (
        "whole pictures" if whole or seen is None else f"patches of {seen[0]} × {seen[1]} pixels, all a position sees"
    )
    drawn = [clipped(each.projections, "tile", percentile) for each in found]
    scale = drawn[0][1] if drawn else ""
    note = f"{GREY} {scale} Right of each unit's number its strongest value."
    title = f"{net.name} · {layer} · {what}"
    groups = [_group(each, shown) for each, (shown, _) in zip(found, drawn, strict=True)]
    return Sheet(groups, columns, title, note, tile_size=tile_size)


def _group(found: Patches, shown: list[Image.Image | None]) -> Group:
    left = Group(tuple(Tile(picture) for picture in input_pictures(found.patches)), 3)
    right = Group(bare(shown), 3)
    return Group((left, right), 2, f"{found.chosen.unit} · {found.chosen.why}", number(found.values[0]))
