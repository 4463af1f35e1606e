"""Everything a story is told from, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.errors import PhospheneError, UsageError
from phosphene.network import Network
from phosphene.project import project
from phosphene.story.material import Material, Progress
from phosphene.story.measures import Likeness, Tuning, agreement, between, likeness, tuning
from phosphene.story.samples import sampled
from phosphene.story.survey import Peaks, relus, survey

MOST_DEEP = 10_000  # pictures shown to the deep network, which takes ten times as long as the other
MOST_SAMPLED = 2_000
PAIRED = 24  # pictures on which projections are compared with one another


@dataclass(frozen=True)
class LayerFacts:
    """What was measured of one layer of the blog's network."""

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
class Findings:
    """All that the chapters draw and say.

    Attributes:
        net, deep: the blog's network and the deep one.
        material: the pictures.
        first, second: the two rectified layers of ``net``.
        unpooling: how projections of ``second`` compare.
        deep_peaks: for each rectified layer of ``deep``.
        seed: of every random choice.
    """

    net: Network
    deep: Network
    material: Material
    first: LayerFacts
    second: LayerFacts
    unpooling: Unpooling
    deep_peaks: dict[str, Peaks]
    seed: int


def find(net: Network, deep: Network, material: Material, seed: int, progress: Progress) -> Findings:
    """Pass the pictures through both networks and measure what the page states.

    Raises UsageError if ``net`` has fewer than two rectified convolutions or ``deep`` none.
    """
    layers = relus(net)[:2]
    if len(layers) < 2 or not relus(deep):
        raise UsageError("the story needs a network with two convolutions that are followed by a ReLU")
    peaks = survey(net, material, layers, len(material), progress)
    first, second = (_facts(net, layer, material, peaks[layer], seed, progress) for layer in layers)
    unpooling = _unpooling(net, layers[1], material)
    return Findings(
        net, deep, material, first, second, unpooling, survey(deep, material, relus(deep), MOST_DEEP, progress), seed
    )


def _facts(net: Network, layer: str, material: Material, peaks: Peaks, seed: int, progress: Progress) -> LayerFacts:
    progress(f"comparing the units of {layer}")
    samples = sampled(net, layer, material, MOST_SAMPLED, seed)
    if int((samples.activation.std(0) > 0).sum()) < 2:
        raise PhospheneError(
            f"the units of {layer} see nothing in {material.name}; give pictures with something in them"
        )
    return LayerFacts(layer, peaks, tuning(samples), likeness(samples.activation))


def _unpooling(net: Network, layer: str, material: Material) -> Unpooling:
    rows = spread(len(material), PAIRED)
    inputs = material.inputs(net, rows)
    fill, switches = (project(net, inputs, layer, unpool=way).pixels for way in ("fill", "switches"))
    same = agreement(fill.flatten(0, 1), switches.flatten(0, 1))
    others = [torch.cat([between(way[:, index]) for index in range(len(rows))]) for way in (fill, switches)]
    return Unpooling(float(same.nanmedian()), float(others[0].mean()), float(others[1].mean()), len(rows))


def spread(total: int, count: int) -> Tensor:
    """Return up to ``count`` rows of a set, evenly spaced."""
    return torch.linspace(0, total - 1, min(count, total)).round().long()
