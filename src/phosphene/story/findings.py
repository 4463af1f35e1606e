"""Everything a story is told from, read from the atlases once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.errors import PhospheneError
from phosphene.evidence.card import Card
from phosphene.network import Network
from phosphene.project import project
from phosphene.story.choice import hero
from phosphene.story.material import Material
from phosphene.story.measures import Likeness, Tuning, agreement, between, likeness, pairs_of, tuning
from phosphene.story.peaks import Peaks

PAIRED = 24  # pictures on which projections are compared with one another


@dataclass(frozen=True)
class LayerFacts:
    """What is known of one layer of the blog's network."""

    name: str
    peaks: Peaks
    tuning: list[Tuning]
    likeness: Likeness


@dataclass(frozen=True)
class Unpooling:
    """How the two un-pools, and different units, draw the same pictures; all are Pearson's r of pixels.

    Attributes:
        same: the same unit on the same picture, by `fill` and by `switches`: the median.
        fill, switches: two different units on the same picture, by one un-pooling: the mean.
        pictures: on how many pictures.
    """

    same: float
    fill: float
    switches: float
    pictures: int


@dataclass(frozen=True)
class Measured:
    """A unit of an atlas, and its card."""

    atlas: Atlas
    unit: AtlasUnit
    card: Card


@dataclass(frozen=True)
class Findings:
    """All that the chapters draw and say.

    Attributes:
        net, deep: the blog's network and the deep one.
        atlas, deep_atlas: their scans.
        material: the pictures.
        first, second: the first two layers of ``net``.
        unpooling: how projections of ``second`` compare.
        deep_peaks: for each layer of ``deep``.
        hero: the number of the picture that whole layers are shown on.
        seed: of every random choice.
        cards: of the units whose pictures were tested.
    """

    net: Network
    deep: Network
    atlas: Atlas
    deep_atlas: Atlas
    material: Material
    first: LayerFacts
    second: LayerFacts
    unpooling: Unpooling
    deep_peaks: dict[str, Peaks]
    hero: int
    seed: int
    cards: tuple[Measured, ...] = ()


def find(net: Network, deep: Network, atlas: Atlas, deep_atlas: Atlas, material: Material, seed: int) -> Findings:
    """Read what the page states from the scans of both networks over the same pictures."""
    first, second = (_facts(atlas, layer.name, material) for layer in atlas.layers[:2])
    sample: list[int] = first.peaks.image.tolist()
    return Findings(
        net,
        deep,
        atlas,
        deep_atlas,
        material,
        first,
        second,
        _unpooling(net, second.name, material, sample),
        {layer.name: Peaks.of(deep_atlas, layer.name) for layer in deep_atlas.layers},
        hero(material, sample),
        seed,
    )


def _facts(atlas: Atlas, layer: str, material: Material) -> LayerFacts:
    features, pairs = atlas.manifest.features, pairs_of(atlas, layer)
    alike = likeness(pairs.correlation()[len(features) :, len(features) :])
    if alike is None:
        raise PhospheneError(
            f"the units of {layer} see nothing in {material.name}; give pictures with something in them"
        )
    return LayerFacts(layer, Peaks.of(atlas, layer), tuning(pairs, features), alike)


def _unpooling(net: Network, layer: str, material: Material, sample: list[int]) -> Unpooling:
    chosen = [sample[row] for row in spread(len(sample), PAIRED).tolist()]
    inputs = net.prepare(material.pictures(chosen))
    fill, switches = (project(net, inputs, layer, unpool=way).pixels for way in ("fill", "switches"))
    same = agreement(fill.flatten(0, 1), switches.flatten(0, 1))
    others = [torch.cat([between(way[:, index]) for index in range(len(chosen))]) for way in (fill, switches)]
    return Unpooling(float(same.nanmedian()), float(others[0].mean()), float(others[1].mean()), len(chosen))


def spread(total: int, count: int) -> Tensor:
    """Return up to ``count`` rows of a set, evenly spaced."""
    return torch.linspace(0, total - 1, min(count, total)).round().long()
