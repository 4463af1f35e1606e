"""Is there a unit that is just green, and how much of it is green?"""

from __future__ import annotations

import numpy as np
import torch

from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.explained import Cause, Explained, explained
from phosphene.evidence.tuning import tuning
from phosphene.network import Unit
from scripts.blogs_questions.bands import Everywhere, bands
from scripts.blogs_questions.copies import copies
from scripts.blogs_questions.ground import LAYERS, Ground, part, row, said, span
from scripts.blogs_questions.pairs import sheet

SHOWN = 3


def nearest(ground: Ground, layers: tuple[str, ...], feature: str) -> list[tuple[AtlasUnit, Explained]]:
    """Return units by how much the low end of a feature (green, darkness) explains of them, the most first."""
    units = [unit for layer in layers for unit in ground.units(layer)]
    answers = [answer for layer in layers for answer in explained(ground.atlas, ground.units(layer))]

    def share(pair: tuple[AtlasUnit, Explained]) -> float:
        cause = part(pair[1], feature)
        return -cause.share if cause.r < 0 else 0.0

    return sorted(zip(units, answers, strict=True), key=share)


def answer(ground: Ground) -> list[str]:
    """Draw the unit nearest to green, and return what was measured of it."""
    ranked = nearest(ground, LAYERS, "red-green")
    unit = ranked[0][0]
    address = Unit(unit.layer.name, unit.index)
    ground.save(sheet(ground, unit), "blog-green")
    seen = Everywhere.of(ground.net, address, ground.blind)
    panels = [
        seen.along("red-green", "sorted from the greenest to the reddest", ""),
        seen.along("blue-yellow", "sorted from the bluest to the yellowest", ""),
    ]
    ground.save(bands(panels, f"{unit}: mean activation, and where 8 of 10 values lie"), "blog-green-bands")
    return [*runners(ground, ranked, "red-green"), *measured(ground, unit), *_filter(ground, unit)]


def runners(ground: Ground, ranked: list[tuple[AtlasUnit, Explained]], feature: str) -> list[str]:
    """Return a table of the units that come first, with intervals."""
    rows = [row(("unit", "share", "interval", "all visible")), row(("---",) * 4)]
    for unit, _ in ranked[:SHOWN]:
        found = ground.explained(unit)
        cause = part(found, feature)
        rows.append(row((unit, f"{cause.share:.3f}", span(cause.interval)[2:], f"{found.total:.3f}")))
    return [*rows, ""]


def measured(ground: Ground, unit: AtlasUnit) -> list[str]:
    """Return what explains a unit, what its copies tell, what it is tuned to."""
    address = Unit(unit.layer.name, unit.index)
    found = ground.explained(unit)
    poorer = copies(ground.net, address, ground.blind)
    told = {
        "mean colour alone": poorer.told(poorer.flat),
        "without colour": poorer.told(poorer.grey),
        "upside down": poorer.told(poorer.turned),
    }
    tuned = tuning(ground.net, [address], [unit.stats.maximum])[0]
    return [
        said(found.finding),
        *(f"- {_cause(cause)}" for cause in found.causes),
        *(f"- r² of its answer with that to the picture's copy, {name}: {r:.3f}{span(i)}" for name, (r, i) in
          told.items()),
        *map(said, tuned.findings),
    ]  # fmt: skip


def _cause(cause: Cause) -> str:
    return f"{cause.name}: {cause.share:.3f}{span(cause.interval)} (r {cause.r:.2f})"


def _filter(ground: Ground, unit: AtlasUnit) -> list[str]:
    """Say how much of the unit's own slope is the same at all pixels of a colour: of the first layer, its filter."""
    x = ground.blind[:1].clone().requires_grad_(True)
    layer = unit.layer.name.replace("relu", "conv")
    y, z = (n // 2 for n in unit.layer.size)
    with torch.enable_grad():
        ground.net.model.get_submodule(layer)(x)[0, unit.index, y, z].backward() if layer == "conv1" else None
    if x.grad is None:
        return []
    kept = x.grad[0][:, (x.grad[0] != 0).any(0).any(1)][:, :, (x.grad[0] != 0).any(0).any(0)].numpy()
    flat = kept.mean((1, 2))
    share = (flat**2).sum() * kept[0].size / (kept**2).sum()
    return [f"- its filter {kept.shape}: sums {np.round(kept.sum((1, 2)), 2)}, flat part of its energy {share:.3f}"]
