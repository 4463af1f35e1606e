"""What a training's moments make of pictures: every unit's peak, and what the strongest looks like sent back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats, Integers
from phosphene.evidence import bootstrap
from phosphene.network import Network
from phosphene.paper.answers import VALUES
from phosphene.paper.evolution_moments import Moment
from phosphene.paper.shown import Shown
from phosphene.project.projection import project
from phosphene.project.receptive import box_of
from phosphene.project.rules import Rule, Unpool


@dataclass(frozen=True, eq=False)
class Peaks:
    """The peaks of K units of a layer on N pictures.

    Attributes:
        value: (K, N) float64; what is not a number is -infinity.
        place: (K, N) where in the map, row-major.
    """

    value: Floats
    place: Integers

    @property
    def strongest(self) -> Integers:
        """(K,) the column of the strongest picture, the first on ties; -1 for a unit that tells none from another."""
        alike = np.ptp(np.where(np.isfinite(self.value), self.value, 0), axis=1) == 0
        return np.where(alike, -1, self.value.argmax(1))


def peaks_over(
    moments: Sequence[Moment], layers: Sequence[str], shown: Shown, tell: Callable[[int, int], None]
) -> tuple[list[dict[str, Peaks]], list[int]]:
    """Return the peaks of every moment by layer, and which pictures could be read."""
    parts: list[dict[str, list[tuple[Tensor, Tensor]]]] = [{layer: [] for layer in layers} for _ in moments]
    read: list[int] = []
    for numbers, inputs in shown.batches():
        for moment, part in zip(moments, parts, strict=True):
            for layer, maps in moment.net.record(inputs, layers).items():
                flat = torch.nan_to_num(maps.flatten(2), nan=-torch.inf, posinf=-torch.inf)
                value, place = flat.max(2)
                part[layer].append((value.T.double().cpu(), place.T.cpu()))
        read += numbers
        tell(numbers[-1] + 1, len(shown))
    joined = [{layer: _joined(each) for layer, each in part.items()} for part in parts]
    return joined, read


def _joined(parts: list[tuple[Tensor, Tensor]]) -> Peaks:
    values, places = (torch.cat(list(each), 1).numpy() for each in zip(*parts, strict=True))
    return Peaks(values, places)


@dataclass(frozen=True, eq=False)
class Looks:
    """What K units see at their peaks, and what they make of it.

    Attributes:
        patches: (K, C, h, w) picture values.
        projections: (K, C, h, w) signed, in picture values.
    """

    patches: Tensor
    projections: Tensor


def looks(
    net: Network, layer: str, peaks: Sequence[tuple[int, int, float]], inputs: Tensor, rule: Rule, unpool: Unpool
) -> Looks:
    """Send peaks back, each a unit, a place of its map and the value there, on pictures of their own (K, C, H, W)."""
    known = net.layer(layer)
    few = max(1, VALUES // max(known.units * known.size[0] * known.size[1], inputs[0].numel()))
    patches, projections = [], []
    beyond = net.scale.to_picture(torch.zeros(1, net.input_size[0], 1, 1)).flatten()
    for start in range(0, len(peaks), few):
        part = peaks[start : start + few]
        signal = inputs.new_zeros(len(part), known.units, *known.size)
        for row, (unit, place, value) in enumerate(part):
            signal[row, unit].view(-1)[place] = value
        sent = project(net, inputs[start : start + few], layer, rule=rule, unpool=unpool, signal=signal)
        for row, (_, place, _) in enumerate(part):
            box = box_of(known.view, divmod(place, known.size[1]), (inputs.shape[2], inputs.shape[3]))
            patches.append(box.cut(sent.inputs[row], beyond).cpu())
            projections.append(box.cut(sent.pixels[0, row], torch.zeros_like(beyond)).cpu())
    return Looks(torch.stack(patches), torch.stack(projections))


def likeness(one: Tensor, other: Tensor) -> Floats:
    """Return the cosine of pictures (K, C, h, w), one by one; NaN where one of them is nothing."""
    a, b = one.flatten(1).double(), other.flatten(1).double()
    length = a.norm(dim=1) * b.norm(dim=1)
    found: Floats = ((a * b).sum(1) / torch.where(length > 0, length, torch.nan)).numpy()
    return found


def selectivity(values: Floats) -> tuple[Floats, Floats]:
    """Return how selective units are for pictures, from their peaks (K, N): (K,), and the interval's ends (2, K).

    Lifetime sparseness of the peaks above zero, r: (1 - mean(r)^2 / mean(r^2)) / (1 - 1/N); 0 where every picture
    drives the unit alike, 1 where a single one does (Vinje & Gallant, Science 287, 2000). It does not change with the
    unit's scale, which grows in training. NaN for a unit that is silent. Intervals by the bootstrap over pictures.
    """
    r = np.where(np.isfinite(values), values, 0).clip(min=0)
    count = r.shape[1]
    draws = bootstrap.weights(count) / count
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (1 - r.mean(1) ** 2 / (r**2).mean(1)) / (1 - 1 / count)
        drawn = (1 - (draws @ r.T) ** 2 / (draws @ (r**2).T)) / (1 - 1 / count)
    ends = [bootstrap.interval(column) for column in drawn.T]
    low_high = np.array([[each.low, each.high] if each else [np.nan, np.nan] for each in ends]).T
    return spread, low_high
