"""The chapter on the deep network: figure 2 of Zeiler & Fergus, for every layer that was scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from phosphene.draw.sheet import Group, Sheet
from phosphene.network import Network, Unit
from phosphene.project.patches import patches_of
from phosphene.sheets.patches import NINE, TYPICAL, Chosen, nines_sheet, unit_group
from phosphene.story.choice import drawn_units, picked_units, strongest_apart
from phosphene.story.findings import Findings
from phosphene.story.peaks import Peaks, answers
from phosphene.story.plate import Draw, Form, Grid, Grids, Plate
from phosphene.story.scanned import dead_units
from phosphene.story.section import Section
from phosphene.story.words import counted, percent

PICKED, DRAWN = 3, 3
EACH = 2  # windows of one photograph among the nine
GRIDS = Grids(Grid(3, 64), Grid(1, 96))


def chosen_units(peaks: Peaks, seed: int) -> list[Chosen]:
    """Choose units by the rank of their prominence (first, middle, last), and as many more by lot."""
    picked = picked_units(peaks, PICKED)
    live = int(peaks.alive.sum())
    ranks = [round(step * (live - 1) / max(1, PICKED - 1)) + 1 for step in range(len(picked))]
    by_rank = [Chosen(unit, f"rank {rank} of {live}") for unit, rank in zip(picked, ranks, strict=True)]
    by_lot = [Chosen(unit, "drawn") for unit in drawn_units(peaks, DRAWN, seed, picked)]
    return by_rank + by_lot


@dataclass(frozen=True)
class _Nine:
    """A unit, the pictures that drive it most, strongest first, and the drawn group of them."""

    chosen: Chosen
    images: list[int]
    group: Group
    side: int


def deep_section(found: Findings) -> Section:
    """Figure 2 for every layer of the deep network."""
    dead = dead_units(found.deep_atlas)
    layers = {layer: peaks for layer, peaks in found.deep_peaks.items() if peaks.alive.any()}
    plates = [_plate(found, layer, peaks, dead[layer]) for layer, peaks in layers.items()]
    return Section("deep", f"Deeper: what the units of {found.deep.name} look for", _said(found), tuple(plates))


def _said(found: Findings) -> tuple[str, ...]:
    apart = f", at most {EACH} of them windows of one photograph" if found.material.windows else ""
    return (
        f"Figure 2 of Zeiler & Fergus, for each of the {len(found.deep_peaks)} convolutions of `{found.deep.name}`, "
        "after its ReLU and the sum it ends in, where there is one: the "
        f"{NINE} of {counted(len(found.material), 'picture')} that drive a unit most{apart}, cut to what the "
        "strongest position sees, beside the projection of that one position (deconvnet, switches). Grey in a "
        "patch is beyond the picture's edge. In the first layer a position's projection is always the filter itself.",
        f"{TYPICAL} They guard against judging a unit by its rare best: where it is silent on them, nothing is sent "
        "back.",
        "Shown are, of each layer, three units by rank (first, middle and last when units are ordered by how far their "
        f"strongest peak stands above their mean peak) and {DRAWN} drawn by lot among those alive: not the ones that "
        "look best.",
    )


def _plate(found: Findings, layer: str, peaks: Peaks, dead: int) -> Plate:
    nines = [_nine(found, layer, chosen, peaks) for chosen in chosen_units(peaks, found.seed)]
    units = ", ".join(str(each.chosen.unit) for each in nines)
    return Plate(
        f"deep-{layer}".replace(".", "-"),
        _draw(found.deep, layer, nines),
        _caption(found, peaks, dead, nines),
        f"Units {units} of {layer}: for each nine patches, and nine projections of the one place that drives it",
    )


def _nine(found: Findings, layer: str, chosen: Chosen, peaks: Peaks) -> _Nine:
    unit = found.deep_atlas.unit(layer, chosen.unit)
    images = strongest_apart(answers(peaks, unit), found.material, NINE, EACH)
    shown = found.material.pictures([*images, *(example.image for example in unit.typical)])
    patches = patches_of(found.deep, Unit(layer, chosen.unit), shown)
    group = unit_group(chosen, patches, float(peaks.highest[chosen.unit]), unit.typical)
    return _Nine(chosen, images, group, patches.patches.shape[-1])


def _draw(net: Network, layer: str, nines: Sequence[_Nine]) -> Draw:
    def draw(form: Form) -> Sheet:
        grid = GRIDS.of(form)
        size = grid.tile_size(nines[0].side, form)
        return nines_sheet(net, layer, [each.group for each in nines], grid.columns, size, SCALED)

    return draw


SCALED = "Each tile scaled to its own maximum."


def _caption(found: Findings, peaks: Peaks, dead: int, nines: Sequence[_Nine]) -> str:
    active = mean((peaks.value > 0).float().mean(0).tolist())
    origins = mean(len({found.material.origin(image) for image in each.images}) for each in nines)
    apart = f" The nine come from {origins:.1f} photographs on average." if found.material.windows else ""
    return (
        f"{peaks.units} units, {dead or 'none'} dead on these pictures; a unit is active somewhere in "
        f"{percent(active)} of the pictures on average.{apart}"
    )
