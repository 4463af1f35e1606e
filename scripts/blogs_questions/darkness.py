"""Is there a unit that fires at dark places, and what is the rest?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from phosphene.atlas.records import Example
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Unit
from phosphene.scan.seen import Planes
from scripts.blogs_questions.bands import Everywhere, bands
from scripts.blogs_questions.copies import copies
from scripts.blogs_questions.green import measured, nearest, runners
from scripts.blogs_questions.ground import Ground, row, span
from scripts.blogs_questions.pairs import STRONGEST, sheet

LAYER = "relu2"
LIGHTNESS = 0


def answer(ground: Ground) -> list[str]:
    """Draw the unit nearest to darkness, and return what was measured of it."""
    ranked = nearest(ground, (LAYER,), "lightness")
    unit = ranked[0][0]
    peaks = Peaks.of(ground, unit)
    ground.save(sheet(ground, unit, [_note(*each) for each in zip(unit.examples, peaks.lit, strict=True)][:STRONGEST]),
                "blog-dark")  # fmt: skip
    seen = Everywhere.of(ground.net, Unit(LAYER, unit.index), ground.blind)
    panels = [
        seen.along("lightness", "sorted from the darkest to the lightest", ""),
        seen.along("contrast", "sorted from the plainest to the most contrasted", ""),
    ]
    ground.save(bands(panels, f"{unit}: mean activation, and where 8 of 10 values lie"), "blog-dark-bands")
    return [
        *runners(ground, ranked, "lightness"), *measured(ground, unit), *peaks.lines(), "", *_darker(ground, unit)
    ]  # fmt: skip


# -- the literal claim: the strongest place of a picture is a dark one -------------------------------------------------


def _darker(ground: Ground, unit: AtlasUnit) -> list[str]:
    """Count, for every unit, the pictures whose strongest place sees something darker than the picture's middle."""
    maps, lit = [], []
    for some in torch.split(ground.blind, 256):
        found = ground.net.record(some, LAYER)[LAYER]
        places = np.broadcast_to(np.arange(found[0, 0].numel()), (len(some), found[0, 0].numel()))
        planes = Planes.of(ground.net.scale.to_picture(some))
        lit.append(
            planes.over(ground.net.layer(LAYER).view, places, found.shape[3])[:, LIGHTNESS].reshape(places.shape)
        )
        maps.append(found.flatten(2))
    values, light = torch.cat(maps), np.concatenate(lit)
    peak, where = (found.numpy() for found in values.max(2))
    ranks = light.argsort(1).argsort(1) / (light.shape[1] - 1)
    rank = np.where(peak > 0, np.take_along_axis(ranks, where, 1), np.nan)
    darker = np.where(np.isnan(rank), np.nan, rank < 0.5)
    shares = np.nanmean(darker, 0)
    order = np.argsort(-shares)
    rows = [
        row(("unit", "strongest place darker than the picture's middle", "interval", "pictures")),
        row(("---",) * 4),
    ]
    for index in [*order[:3], unit.index]:
        count = int(np.isfinite(darker[:, index]).sum())
        rows.append(row((index, f"{shares[index]:.3f}", span(mean_interval(darker[:, index]))[2:], count)))
    middle = (
        f"median unit {np.median(shares):.3f}, least {shares.min():.3f}; unit is {list(order).index(unit.index) + 1}."
    )
    return [*rows, "", f"- {middle}"]


# -- its strongest pictures --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Peaks:
    """A unit's strongest pictures: the share of places in each that are lighter than its strongest, and its copies."""

    unit: AtlasUnit
    lit: NDArray[np.float64]
    flat: NDArray[np.float64]
    grey: NDArray[np.float64]
    turned: NDArray[np.float64]

    @classmethod
    def of(cls, ground: Ground, unit: AtlasUnit) -> Peaks:
        """Open and measure them."""
        inputs = ScannedPictures(ground.atlas, ground.images).inputs(ground.net, [e.image for e in unit.examples])
        address = Unit(LAYER, unit.index)
        places = torch.tensor([(example.y, example.x) for example in unit.examples])
        seen = Everywhere.of(ground.net, address, inputs).seen[..., LIGHTNESS]
        own = seen[np.arange(len(seen)), places[:, 0], places[:, 1]]
        poorer = copies(ground.net, address, inputs, places)
        return cls(unit, own, poorer.flat / poorer.own, poorer.grey / poorer.own, poorer.turned / poorer.own)

    def lines(self) -> list[str]:
        """Return the means, and each picture."""
        rows = [row(("rank", "L*", "flat", "grey", "turned")), row(("---",) * 5)]
        each = zip(self.unit.examples, self.lit, self.flat, self.grey, self.turned, strict=True)
        rows += [row((e.rank + 1, f"{a:.0f}", f"{b:.2f}", f"{c:.2f}", f"{d:.2f}")) for e, a, b, c, d in each]
        means = (f"{values.mean():.3f}{span(mean_interval(values))}" for values in (self.flat, self.grey, self.turned))
        return [
            "",
            *rows,
            "",
            f"- strongest pictures, part of the activation kept flat, grey, turned: {'; '.join(means)}",
        ]


def _note(example: Example, lightness: float) -> str:
    return f"{example.rank + 1}. L* {lightness:.0f}"
