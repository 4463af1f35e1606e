"""The chapters on the deep network: figure 2 of Zeiler & Fergus, one chapter a convolution."""

from __future__ import annotations

from functools import partial
from statistics import mean

from phosphene.story.choice import drawn_units, picked_units
from phosphene.story.findings import Findings
from phosphene.story.patches import EACH, NINE, Chosen, Patches, patches_of, patches_sheet
from phosphene.story.plate import Plate
from phosphene.story.section import Section
from phosphene.story.survey import Peaks
from phosphene.story.words import counted, percent

PICKED, DRAWN = 3, 3


def chosen_units(peaks: Peaks, seed: int) -> list[Chosen]:
    """Choose units by the rank of their prominence (first, middle, last), and as many more by lot."""
    picked = picked_units(peaks, PICKED)
    live = int(peaks.alive.sum())
    ranks = [round(step * (live - 1) / max(1, PICKED - 1)) + 1 for step in range(len(picked))]
    by_rank = [Chosen(unit, f"rank {rank} of {live}") for unit, rank in zip(picked, ranks, strict=True)]
    by_lot = [Chosen(unit, "drawn") for unit in drawn_units(peaks, DRAWN, seed, picked)]
    return by_rank + by_lot


def deep_section(found: Findings) -> Section:
    """Figure 2 for every convolution of the deep network."""
    plates = [_plate(found, layer, peaks) for layer, peaks in found.deep_peaks.items() if peaks.alive.any()]
    return Section("deep", f"Deeper: what the units of {found.deep.name} look for", _said(found), tuple(plates))


def _said(found: Findings) -> tuple[str, ...]:
    pictures = len(next(iter(found.deep_peaks.values())).value)
    apart = f", at most {EACH} of them windows of one photograph" if found.material.windows else ""
    return (
        f"Figure 2 of Zeiler & Fergus, for each of the {len(found.deep_peaks)} convolutions of `{found.deep.name}`, "
        f"after its ReLU: the {NINE} of {counted(pictures, 'picture')} that drive a unit most{apart}, cut to what the "
        "strongest position sees, beside the projection of that one position (deconvnet, switches). Grey in a "
        "patch is beyond the picture's edge. In the first layer a position's projection is always the filter itself.",
        "Shown are, of each layer, three units by rank (first, middle and last when units are ordered by how far their "
        f"strongest peak stands above their mean peak) and {DRAWN} drawn by lot among those alive: not the ones that "
        "look best.",
    )


def _plate(found: Findings, layer: str, peaks: Peaks) -> Plate:
    patches = patches_of(found.deep, layer, chosen_units(peaks, found.seed), peaks, found.material)
    units = ", ".join(str(each.chosen.unit) for each in patches)
    return Plate(
        f"deep-{layer}".replace(".", "-"),
        partial(patches_sheet, found.deep, layer, patches),
        _caption(found, layer, peaks, patches),
        f"Units {units} of {layer}: for each nine patches, and nine projections of the one place that drives it",
    )


def _caption(found: Findings, layer: str, peaks: Peaks, patches: list[Patches]) -> str:
    dead = peaks.units - int(peaks.alive.sum())
    active = mean((peaks.value > 0).float().mean(0).tolist())
    origins = mean(len({found.material.origin(row) for row in each.rows}) for each in patches)
    apart = f" The nine come from {origins:.1f} photographs on average." if found.material.windows else ""
    return (
        f"{peaks.units} units, {dead or 'none'} dead on these pictures; a unit is active somewhere in "
        f"{percent(active)} of the pictures on average.{apart}"
    )
