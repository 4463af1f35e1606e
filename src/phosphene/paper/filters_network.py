"""`filters`: is something wrong with a network's filters (Zeiler & Fergus 2013, section 4.1 and figure 6)?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.draw.plots import Plot
from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Sheet
from phosphene.errors import UsageError
from phosphene.evidence.finding import Finding
from phosphene.network import Network
from phosphene.paper.analysis import Analysis
from phosphene.paper.answers import batches
from phosphene.paper.filters_aliasing import Aliasing, Folding, is_strided
from phosphene.paper.filters_calls import Call, watch
from phosphene.paper.filters_figure import layers_plot, pictures_sheet
from phosphene.paper.filters_weights import RADIUS, Duplicate, bands, by_chance, duplicates, rms
from phosphene.paper.filters_words import said

PICTURES = 32
"""Pictures that are looked at, at most."""
_ROUNDING = 1e-6  # so that a filter that was brought to the radius does not exceed it
_STILL = 1e-6  # of the layer's largest value: a map that varies less is constant


@dataclass(frozen=True, eq=False)
class LayerFilters:
    """The filters of one convolution.

    Attributes:
        layer: its name.
        weights: (K, C, h, w) as they are.
        groups: into how many groups the channels fall.
        stride: (rows, columns).
        rms: (K,) of each filter's weights.
        dead: (K,) whether the map, after its ReLU if one follows, is the same everywhere in every picture.
        bands: (K, 3) share of energy in low, middle and high spatial frequency; NaN for filters of one pixel.
        duplicates: pairs that are the same up to a factor, nearest first.
        by_chance: how many such pairs filters with random directions would have.
        radius: beyond which a filter counts as too large.
        paper_rms: (K,) of the first layer, for the same network fed with pictures of -128 to 128, as the paper's is:
            its weights times the preprocessing's factor over 255. None of other layers.
    """

    layer: str
    weights: Tensor
    groups: int
    stride: tuple[int, int]
    rms: Floats
    dead: np.ndarray
    bands: Floats
    duplicates: tuple[Duplicate, ...]
    by_chance: float
    radius: float
    paper_rms: Floats | None = None

    @property
    def beyond(self) -> np.ndarray:
        """(K,) whether the filter's RMS exceeds the radius: the paper's rule."""
        found: np.ndarray = self.rms > self.radius * (1 + _ROUNDING)
        return found

    @property
    def dominance(self) -> float:
        """The largest RMS over the median one."""
        middle = float(np.median(self.rms))
        return float(self.rms.max()) / middle if middle else float("nan")

    @property
    def energy(self) -> Floats:
        """(3,) the share of all filters' energy in low, middle and high frequency."""
        size = np.where(np.isnan(self.bands[:, 0]), 0.0, self.rms**2)
        found: Floats = (np.nan_to_num(self.bands) * size[:, None]).sum(0) / (size.sum() or np.nan)
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Filters(Analysis):
    """What was found in every layer.

    Attributes:
        network: its name.
        pictures: how many were looked at.
        layers: the convolutions, in the order they are computed.
        strided: the convolutions and poolings that leave out positions.
        order: the names of both, in the order they are computed.
    """

    network: str
    pictures: int
    layers: tuple[LayerFilters, ...]
    strided: tuple[Aliasing, ...]
    order: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the first layer everything, of the others what stands out, and the whole in one sentence each."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Every figure of every layer but the weights."""
        return {
            "network": self.network,
            "pictures": self.pictures,
            "layers": [_numbers(layer) for layer in self.layers],
            "aliasing": [
                {"layer": a.layer, "kind": a.kind, "stride": a.stride, "share": a.mean, "interval": a.interval,
                 "of_noise": a.of_noise, "units": a.units.tolist()}
                for a in self.strided
            ],
        }  # fmt: skip

    def figure(self, scale: Scale = "shared") -> Sheet:
        """Draw the first layer's filters; by a shared scale one that dominates greys the others, as in the paper."""
        return pictures_sheet(self, scale)

    def plot(self) -> Plot:
        """Draw what was measured of every layer."""
        return layers_plot(self)


def filters(
    net: Network,
    images: object = "samples",
    *,
    layers: Sequence[str] | None = None,
    radius: float = RADIUS,
    limit: int = PICTURES,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Filters:
    """Look for dead, too large, duplicate and aliasing filters in every convolution.

    - *Dead*: the map, after the ReLU that follows the filter (or its batch norm), has the same value at every position
      of every picture; its range is below 1e-6 of the layer's largest value. Where no ReLU follows, the map itself.
    - *Too large*: the paper's rule, RMS of the filter's weights beyond ``radius`` (section 3). `clipped` brings them
      back to it. The radius was chosen for inputs of -128 to 128; `LayerFilters.dominance` has no such unit.
    - *Spatial frequency*: see `phosphene.paper.filters_weights.bands`.
    - *Aliasing*: of convolutions and poolings with a stride, the share of the output's energy that the stride folds,
      by shifting the layer's input; see `phosphene.paper.filters_aliasing.folded`.
    - *Duplicates*: pairs in one group with |cosine| of their weights of 0.95 or more; see
      `phosphene.paper.filters_weights.duplicates`.

    Args:
        net: the network, which is not changed.
        images: for dead filters and aliasing: what `Network.prepare` or `phosphene.images` takes; ``"samples"`` are
            the photographs that come along.
        layers: names of convolutions, and of poolings where these matter; None: all.
        radius: the paper's, for the RMS of a filter.
        limit: look at so many pictures at most, the first ones.
        tell: hears how many pictures of how many are done.

    Raises:
        UsageError: a network without such layers, an unknown layer, pictures that cannot be had.
    """
    if not radius > 0:
        raise UsageError(f"a radius of {radius:g} leaves no filter; give one above 0, the paper's is {RADIUS:g}")
    for name in layers or ():
        net.layer(name)
    gathered = _Gathered(None if layers is None else frozenset(layers))
    count = 0
    for part, total in batches(net, images, limit):
        watch(net, part, gathered.called, gathered.rectified)
        count += len(part)
        tell(count, total)
    if not gathered.convolutions:
        raise UsageError(f"{net.name} has no 2-D convolution among them; `phosphene layers` lists its layers")
    found = [_layer(name, each, radius) for name, each in gathered.convolutions.items()]
    found[0] = replace(found[0], paper_rms=_for_the_papers_inputs(net, found[0].weights))
    strided = tuple(each.found() for each in gathered.folding.values())
    return Filters(net.name, count, tuple(found), strided, tuple(gathered.order))


@dataclass
class _Range:
    """The smallest and the largest value of each map of a convolution, over what has been seen."""

    call: Call
    weight: Tensor
    low: Tensor | None = None
    high: Tensor | None = None
    is_rectified: bool = False

    def add(self, maps: Tensor, is_rectified: bool = False) -> None:
        if is_rectified and not self.is_rectified:
            self.low = self.high = None
            self.is_rectified = True
        low, high = maps.amin((0, 2, 3)), maps.amax((0, 2, 3))
        self.low = low if self.low is None else torch.minimum(self.low, low)
        self.high = high if self.high is None else torch.maximum(self.high, high)

    def dead(self) -> np.ndarray:
        assert self.low is not None
        assert self.high is not None
        largest = torch.maximum(self.low.abs(), self.high.abs()).max()
        still: np.ndarray = ((self.high - self.low) <= _STILL * largest).cpu().numpy()
        return still


@dataclass
class _Gathered:
    wanted: frozenset[str] | None
    convolutions: dict[str, _Range] = field(default_factory=dict)
    folding: dict[str, Folding] = field(default_factory=dict)
    order: dict[str, None] = field(default_factory=dict)

    def called(self, call: Call) -> None:
        if self.wanted is not None and call.name not in self.wanted:
            return
        if call.weight is not None or is_strided(call):
            self.order[call.name] = None
        if call.weight is not None:
            known = self.convolutions.setdefault(call.name, _Range(call, call.weight))
            if not known.is_rectified:
                known.add(call.output)
        if is_strided(call):
            self.folding.setdefault(call.name, Folding(call)).add(call)

    def rectified(self, name: str, output: Tensor) -> None:
        if name in self.convolutions:
            self.convolutions[name].add(output, is_rectified=True)


def _layer(name: str, seen: _Range, radius: float) -> LayerFilters:
    weights = seen.weight.detach()
    groups = seen.call.groups
    return LayerFilters(
        name, weights, groups, seen.call.stride, rms(weights), seen.dead(), bands(weights),
        duplicates(weights, groups), by_chance(weights, groups), radius,
    )  # fmt: skip


def _for_the_papers_inputs(net: Network, weights: Tensor) -> Floats | None:
    gain = net.scale.gain.to(weights)
    return rms(weights * gain.reshape(-1, 1, 1) / 255) if weights.shape[1] == len(gain) else None


def _numbers(layer: LayerFilters) -> dict[str, object]:
    return {
        "layer": layer.layer,
        "filters": len(layer.weights),
        "shape": list(layer.weights.shape[1:]),
        "stride": layer.stride,
        "dead": np.flatnonzero(layer.dead).tolist(),
        "rms": layer.rms.tolist(),
        "paper_rms": None if layer.paper_rms is None else layer.paper_rms.tolist(),
        "beyond_radius": np.flatnonzero(layer.beyond).tolist(),
        "largest_rms_over_median": layer.dominance,
        "energy": dict(zip(("low", "middle", "high"), layer.energy.tolist(), strict=True)),
        "bands": layer.bands.tolist(),
        "duplicates": layer.duplicates,
        "duplicates_by_chance": layer.by_chance,
    }
