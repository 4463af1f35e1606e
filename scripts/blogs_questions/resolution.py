"""Would a network for higher resolution show clearer features? squeezenet1_0 on photographs, beside `cifar`."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.draw.plots import Panel, Plot, Series, curves
from phosphene.evidence import bootstrap
from phosphene.evidence.explained import explained
from phosphene.evidence.finding import Interval
from phosphene.evidence.pictures import ScannedPictures
from phosphene.evidence.redrawn import redrawn, weighted_layers
from phosphene.evidence.sights import sight
from phosphene.evidence.specificity import Specificity, specificity
from phosphene.network import Network, Unit
from phosphene.scan.run import scan
from phosphene.sources.images import ImageSet
from scripts.blogs_questions.ground import LAYERS, Ground, row

DEPTHS = ("features.1", *(f"features.{fire}.cat" for fire in (3, 5, 7, 10, 12)))
UNITS, EXAMPLES, SEED = 8, 6, 1
SMALL = 32  # pixels a side: photographs as coarse as CIFAR-10's
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Large:
    """A network for photographs, its scan, and the photographs."""

    net: Network
    atlas: Atlas
    images: ImageSet

    @classmethod
    def of(cls, net: Network, images: ImageSet, path: Path) -> Large:
        """Scan the photographs."""
        return cls(net, scan(net, images, path, DEPTHS, sample=len(images), keep_images=False), images)


@dataclass(frozen=True)
class Depth:
    """One layer, measured: figures of units drawn by lot (K,), and R^2 of all that are not dead (U,).

    Attributes:
        units: unit-specificity: 1 - cosine of the projection with those of other units at the same place.
        images: 1 - cosine of the same signal's pictures through the switches of its own and of another picture.
        fill: as ``units``, without switches.
        coarse: as ``units``, in the same pictures at a resolution of 32 x 32; empty where they have that already.
        untrained: as ``units``, with all weights in another order.
        visible: R^2 of all that is plainly visible; ``chance`` what it would be of other pictures' features.
    """

    layer: str
    field: int
    units: Numbers
    images: Numbers
    fill: Numbers
    coarse: Numbers
    untrained: Numbers
    visible: Numbers
    chance: float


def answer(ground: Ground, large: Large) -> list[str]:
    """Draw the figures of all depths, and return them."""
    found = [*_depths(ground.net, ground.atlas, ground.images, LAYERS)]
    small = len(found)
    found += _depths(large.net, large.atlas, large.images, DEPTHS)
    ground.save(_plot(found[small:], found[:small]), "blog-resolution")
    head = ("layer", "sees", "specificity", "interval", "through another picture", "fill", "coarse", "untrained",
            "R² visible, median", "interval", "best", "chance")  # fmt: skip
    return [row(head), row(("---",) * len(head)), *map(_row, found)]


def _depths(net: Network, atlas: Atlas, images: ImageSet, layers: Sequence[str]) -> Iterator[Depth]:
    for layer in layers:
        units = [atlas[f"{layer}:{index}"] for index in range(atlas.layer(layer).units)]
        living = [unit for unit in units if isinstance(unit, AtlasUnit) and not unit.stats.dead]
        yield _depth(net, ScannedPictures(atlas, images), layer, living)


def _depth(net: Network, pictures: ScannedPictures, layer: str, living: Sequence[AtlasUnit]) -> Depth:
    lot = sorted(Random(SEED).sample(list(living), min(UNITS, len(living))), key=lambda unit: unit.index)
    inputs = torch.stack([pictures.inputs(net, [e.image for e in unit.examples[:EXAMPLES]]) for unit in lot])
    units = [Unit(layer, unit.index) for unit in lot]
    own = _specific(net, units, inputs)
    less = inputs.shape[-1] > SMALL
    answers = explained(pictures.atlas, living)
    field = net.layer(layer).receptive_field
    return Depth(
        layer,
        field[0] if field else net.input_size[1],
        _each([each.units for each in own]),
        _each([each.images for each in own]),
        _each([each.fill for each in own]),
        _each([o.units for o in _specific(net, units, _coarse(inputs))] if less else []),
        _each([o.units for o in _specific(_untrained(net, layer, inputs[0, :1]), units, inputs)]),
        np.array([each.total for each in answers]),
        answers[0].chance,
    )


def _specific(net: Network, units: Sequence[Unit], inputs: Tensor) -> tuple[Specificity, ...]:
    return specificity(sight(net, units, inputs, SEED))


def _each(differences: Sequence[Any]) -> Numbers:
    with np.errstate(invalid="ignore"):
        return np.array([np.nanmean(each.cosine) if np.isfinite(each.cosine).any() else np.nan for each in differences])


def _coarse(inputs: Tensor) -> Tensor:
    """Return pictures (..., H, W) with no more detail than 32 x 32 pixels hold."""
    flat = inputs.flatten(0, -4)
    small = F.interpolate(flat, (SMALL, SMALL), mode="area")
    large = F.interpolate(small, inputs.shape[-2:], mode="bilinear", align_corners=False)
    return large.reshape(inputs.shape)


def _untrained(net: Network, layer: str, inputs: Tensor) -> Network:
    """Return the network with the weights of each tensor up to a layer in another order."""
    other = copy.copy(net)
    other.model = copy.deepcopy(net.model)
    generator = torch.Generator().manual_seed(SEED)
    for name in weighted_layers(net, layer, inputs):
        redrawn(other.model, name, "permuted", generator)
    return other


# -- shown -------------------------------------------------------------------------------------------------------------


def _middle(values: Numbers, median: bool = False) -> tuple[float, Interval]:
    """Return the mean or median over units, and its bootstrap interval over units."""
    values = values[np.isfinite(values)]
    middle = np.median if median else np.mean
    if len(values) < 2:
        return float("nan"), Interval(float("nan"), float("nan"))
    lot = np.random.default_rng(SEED)
    drawn = [middle(lot.choice(values, len(values))) for _ in range(bootstrap.DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(middle(values)), Interval(float(low), float(high))


def _row(depth: Depth) -> str:
    (specific, inside), (visible, among) = _middle(depth.units), _middle(depth.visible, median=True)
    means = (_middle(each)[0] for each in (depth.images, depth.fill, depth.coarse, depth.untrained))
    return row((f"`{depth.layer}`", depth.field, f"{specific:.2f}", f"{inside.low:.2f} to {inside.high:.2f}",
                *(f"{value:.2f}" for value in means), f"{visible:.3f}", f"{among.low:.3f} to {among.high:.3f}",
                f"{np.nanmax(depth.visible):.2f}", f"{depth.chance:.3f}"))  # fmt: skip


def _plot(large: Sequence[Depth], small: Sequence[Depth]) -> Plot:
    """Draw both figures over depth; the small network has only the first two."""
    width = len(large)

    def series(name: str, depths: Sequence[Depth], which: str, median: bool = False) -> Series:
        found = [_middle(getattr(depth, which), median) for depth in depths]
        rest = [float("nan")] * (width - len(depths))
        lines = ([v for v, _ in found], [i.low for _, i in found], [i.high for _, i in found])
        values, low, high = (line + rest for line in lines)
        return Series(name, values, (low, high))

    panels = [
        Panel("unit-specificity", [series("squeezenet", large, "units"), series("cifar", small, "units")]),
        Panel("plainly visible, R²", [series("", large, "visible", True), series("", small, "visible", True)]),
    ]
    return curves(panels, None, "depth", "cifar (2 layers) and squeezenet1_0 (6 layers)")
