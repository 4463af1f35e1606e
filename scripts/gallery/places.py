"""One place of one unit in one photograph, and what is projected there."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from phosphene.network import Network, Unit
from phosphene.project import Projection, Rule, Unpool, project
from phosphene.project.receptive import Box, box_of
from phosphene.story.material import Material
from phosphene.story.peaks import Peaks


@dataclass(frozen=True)
class Way:
    """How something is sent back, and what figures call it."""

    name: str = ""
    rule: Rule = "deconvnet"
    unpool: Unpool = "switches"


@dataclass(frozen=True)
class Place:
    """Where a unit has its peak in a photograph.

    Attributes:
        unit: its address.
        image: the photograph's number.
        position: row and column in the layer's map.
        value: the peak.
        box: the pixels seen from there; the whole photograph where that is as large.
    """

    unit: Unit
    image: int
    position: tuple[int, int]
    value: float
    box: Box

    @property
    def index(self) -> int:
        """The unit's number."""
        assert self.unit.index is not None
        return self.unit.index


def place_of(net: Network, layer: str, peaks: Peaks, row: int, unit: int) -> Place:
    """Return where ``unit`` has its peak in the photograph of a row of ``peaks``."""
    position = peaks.position(row, unit)
    box = box_of(net.layer(layer).view, position, (net.input_size[1], net.input_size[2]))
    return Place(Unit(layer, unit), int(peaks.image[row]), position, float(peaks.value[row, unit]), box)


def active_there(net: Network, place: Place, material: Material, count: int, seed: int) -> list[int]:
    """Draw ``count`` other units by lot among those above zero at the place, in the order of their numbers."""
    layer = place.unit.layer
    y, x = place.position
    values = net.record(net.prepare(material.images[place.image]), layer)[layer][0, :, y, x]
    active = [unit for unit in (values > 0).nonzero()[:, 0].tolist() if unit != place.index]
    return sorted(Random(seed).sample(active, min(count, len(active))))


def sent(net: Network, place: Place, units: list[int], way: Way, material: Material) -> Projection:
    """Send what units of the place's layer have at that place back to pixels."""
    inputs = net.prepare(material.images[place.image])
    addresses = [Unit(place.unit.layer, unit) for unit in units]
    return project(net, inputs, addresses, way.rule, way.unpool, place.position)


def cut(box: Box, picture: Tensor) -> Tensor:
    """Cut (C, H, W) to a box; zero where the box reaches over the edge."""
    return box.cut(picture, torch.zeros(1))
