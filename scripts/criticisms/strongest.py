"""Part 5: the strongest pictures alone mislead. What stands at 10, 50 and 90 % of a unit's peaks looks different."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

import phosphene as ph
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.network import Network, Unit
from phosphene.project.patches import patches_of
from phosphene.sheets.patches import NINE
from phosphene.sheets.top import Projecting, top_sheet
from phosphene.sources.images import ImageSet
from phosphene.story.measures import agreement, between
from scripts.criticisms.common import Part, two, windows

LAYER, WINDOWS = "relu2", 600
HEADINGS = (
    "", "the nine among themselves", "the nine and the picture at 90 %", "at 50 %", "at 10 %",
    "baseline: the nine of two units", "peak at 50 % of the largest",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """How alike a unit's patches are, as Pearson's r: its nine, and its nine and each typical one."""

    unit: AtlasUnit
    patches: Tensor
    nine: float
    typical: tuple[float, ...]

    @property
    def fall(self) -> float:
        """By how much more alike the nine are than they and the picture in the middle."""
        return self.nine - self.typical[1]

    @property
    def half(self) -> float:
        """The peak in the middle, as a part of the largest."""
        return self.unit.typical[1].value / self.unit.stats.maximum


def part() -> Part:
    """Compare the nine strongest patches of every unit with its typical ones."""
    net, images = ph.load("cifar"), windows(WINDOWS)
    with TemporaryDirectory() as folder, ph.scan(net, images, Path(folder) / "windows.atlas", [LAYER]) as atlas:
        found = [_measured(net, unit, images) for unit in _units(atlas)]
        worst = max(found, key=lambda each: each.fall)
        sheet = top_sheet(atlas, [worst.unit], Projecting(net, images))
        rows = [_row(f"`{worst.unit}`, chosen", [worst], found), _row(f"all {len(found)} units", found, found)]
    return Part("strongest", {"strongest": sheet}, (HEADINGS, *rows))


def _units(atlas: Atlas) -> list[AtlasUnit]:
    units = (atlas[f"{LAYER}:{index}"] for index in range(atlas.layer(LAYER).units))
    return [unit for unit in units if len(unit.examples) >= NINE and len(unit.typical) == 3]


def _measured(net: Network, unit: AtlasUnit, images: ImageSet) -> Measured:
    rows = [example.image for example in (*unit.examples[:NINE], *sorted(unit.typical, key=lambda each: -each.rank))]
    patches = patches_of(net, Unit(LAYER, unit.index), [images[row] for row in rows]).patches
    nine, typical = patches[:NINE], patches[NINE:]
    each = tuple(float(agreement(nine, one.expand_as(nine)).nanmean()) for one in typical)
    return Measured(unit, nine, float(between(nine).mean()), each)


def _row(name: str, found: list[Measured], among: list[Measured]) -> tuple[str, ...]:
    typical = [mean(each.typical[rank] for each in found) for rank in range(3)]
    figures = [mean(each.nine for each in found), *typical, _baseline(found, among)]
    return (name, *map(two, figures), f"{100 * mean(each.half for each in found):.0f} %")


def _baseline(found: list[Measured], among: list[Measured]) -> float:
    """Return how alike patches of these units are to those of all others, rank by rank."""
    pairs = [(a.patches, b.patches) for a in found for b in among if a is not b]
    return float(torch.cat([agreement(a, b) for a, b in pairs]).nanmean())
