"""Is a unit one thing or several?

Its strongest pictures are cut into clusters, in one of two ways. By the *pattern* that each sends back to pixels at its
peak: this needs the network and the pictures. By the *company* that the unit keeps: what else of its layer is active on
them, from the atlas alone. Either way a silhouette (see `phosphene.evidence.silhouettes`) is compared with those of
points that form no clusters: of a normal cloud of the same spread, and of as many pictures of the sample drawn blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from phosphene.arrays import Floats, Integers
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.finding import Finding
from phosphene.evidence.phrases import counted, listed
from phosphene.evidence.silhouettes import Cut, best_cut, of_one_cloud, principal
from phosphene.network import Network, Unit
from phosphene.project import project
from phosphene.project.projection import Projection

DRAWS = 100
LEAST = 0.25
"""Silhouette from which on clusters are spoken of at all (Kaufman & Rousseeuw 1990: below it there is no structure)."""
SAME = 0.05
"""Mean distance of unit-length patterns from their mean below which all of them are the same picture."""
GRID = 16
"""Patterns are compared at this many cells a side, at most: a pixel's shift of a large pattern is no difference."""
STRONGEST = 48
"""Pictures of the sample whose company is looked at; of a small sample every tenth."""
ALIKE = 0.95
"""Correlation of peaks from which on another unit counts as the same."""
AXES = 5
"""Principal axes of that company."""


@dataclass(frozen=True)
class Several:
    """How one unit's strongest pictures fall into clusters.

    Attributes:
        unit: its address.
        by: ``"pattern"`` or ``"company"``.
        cut: the clusters; of ``images`` in their order.
        images: (N,) numbers of the pictures, or their places among the ``inputs`` that were given.
        chance: silhouettes (draws,) of as many points without clusters.
        same: whether all patterns are one and the same picture.
        why: why there is nothing to tell; empty where there is.
    """

    unit: str
    by: str
    cut: Cut
    images: tuple[int, ...]
    chance: Floats
    same: bool = False
    why: str = ""

    @property
    def clusters(self) -> int:
        """How many kinds there seem to be: more than one only where that is beyond all that came by chance."""
        if self.why or self.same or not len(self.chance):
            return 1
        beyond = self.cut.silhouette > max(LEAST, float(self.chance.max()))
        return len(self.cut.sizes) if beyond else 1

    @property
    def finding(self) -> Finding:
        """The answer in one sentence."""
        told = nan if self.why else self.cut.silhouette
        usual = float(np.mean(self.chance)) if len(self.chance) else None
        beside = {"pattern": "one cloud of the same spread", "company": "pictures drawn blindly"}[self.by]
        return Finding(f"several by {self.by}", told, _sentence(self), usual, beside, None, _caution(self))


# -- by pattern --------------------------------------------------------------------------------------------------


def patterns(net: Network, unit: Unit, inputs: Tensor, draws: int = DRAWS, seed: int = 0) -> Several:
    """Cut a unit's strongest pictures by what each sends back at its peak.

    Args:
        net: the network.
        unit: the unit.
        inputs: (N, C, H, W) the model's own input for its strongest pictures; 9 or more tell something.
        draws: clouds without clusters that are compared.
        seed: of those.
    """
    seen, shown = _comparable(project(net, inputs, unit, position="peak"), net)
    length = np.linalg.norm(seen, axis=1)
    sent = np.isfinite(length) & (length > 0)
    names = tuple(shown[sent].tolist())
    if len(names) < 4:
        why = f"only {counted(len(names), 'picture')} could be compared"
        return Several(str(unit), "pattern", Cut(np.zeros(len(names), np.int64), 0.0), names, np.zeros(0), why=why)
    points = seen[sent] / length[sent, None]
    same = bool(np.linalg.norm(points - points.mean(0), axis=1).mean() < SAME)
    chance = np.zeros(0) if same else of_one_cloud(points, draws, seed)
    return Several(str(unit), "pattern", best_cut(points), names, chance, same)


def _comparable(projection: Projection, net: Network) -> tuple[Floats, Integers]:
    """Return what the peaks of pictures send back where all of them see the picture, (n, D), and which those are, (n,).

    A peak near the border sees a part of the picture only; pictures that would leave the others too little in common
    are left out, so that what is compared is never where the border is.
    """
    signal = projection.signal[0].float().cpu()
    active = np.flatnonzero(signal.flatten(1).abs().sum(1).numpy() > 0)
    view = net.layer(projection.units[0].layer).view
    if view is None or not len(active):
        return _small(signal[active]), active
    places = projection.places[0].cpu()[active].tolist()
    boxes = [(*view.rows.at(y), *view.columns.at(x)) for y, x in places]
    parts = np.array([_visible(box, tuple(signal.shape[2:])) for box in boxes])
    kept, part = _in_common(parts)
    top, bottom, left, right = part
    cuts = [
        signal[
            active[row], :, boxes[row][0] + top : boxes[row][0] + bottom, boxes[row][2] + left : boxes[row][2] + right
        ]
        for row in kept
    ]
    return _small(torch.stack(cuts)), active[kept]


def _visible(box: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the part (top, bottom, left, right) of a field that a picture fills, counted from the field's corner."""
    top, bottom, left, right = box
    return max(-top, 0), min(bottom, size[0]) - top, max(-left, 0), min(right, size[1]) - left


def _in_common(parts: Integers) -> tuple[Integers, tuple[int, int, int, int]]:
    """Return which fields are compared, and the part of them that they all see.

    From each field in turn the others are joined, those that see most first, as long as half of it stays in common;
    what is taken is the most to compare, as fields times pixels.
    """
    area = _area(parts)
    order = np.argsort(-area, kind="stable")
    best: tuple[int, list[int], Integers] = (-1, [], parts[0])
    for start in order:
        kept, common = [int(start)], parts[start]
        for row in order[order != start]:
            both = np.where([True, False, True, False], np.maximum(common, parts[row]), np.minimum(common, parts[row]))
            if _area(both) * 2 >= area[start]:
                kept, common = [*kept, int(row)], both
        best = max(best, (len(kept) * int(_area(common)), kept, common), key=lambda found: found[0])
    top, bottom, left, right = best[2].tolist()
    return np.sort(np.array(best[1])), (top, bottom, left, right)


def _area(part: Integers) -> Integers:
    """Return the pixels of parts (..., 4)."""
    found: Integers = np.maximum(part[..., 1] - part[..., 0], 0) * np.maximum(part[..., 3] - part[..., 2], 0)
    return found


def _small(signal: Tensor) -> Floats:
    """Return signals (N, C, H, W) averaged over at most `GRID` cells a side, as (N, D)."""
    small = adaptive_avg_pool2d(signal, (min(GRID, signal.shape[2]), min(GRID, signal.shape[3])))
    found: Floats = small.flatten(1).double().numpy()
    return found


# -- by company --------------------------------------------------------------------------------------------------


def company(atlas: Atlas, units: Sequence[AtlasUnit], draws: int = DRAWS, seed: int = 0) -> tuple[Several, ...]:
    """Cut the strongest pictures of units of one layer by what else of the layer is active on them."""
    layer = units[0].layer.name
    peaks, spread = standardised(atlas, layer)
    images = np.asarray(atlas.array(layer, "sample_image"), np.int64)
    count = min(STRONGEST, len(peaks) // 10)
    living = int((spread > 0).sum())
    if count < 8 or living < 4:
        why = f"the sample has {counted(len(peaks), 'picture')} and {counted(living, 'living unit')}: too few"
        nothing = Cut(np.zeros(0, np.int64), 0.0)
        return tuple(Several(str(unit), "company", nothing, (), np.zeros(0), why=why) for unit in units)
    chance = _blind(peaks, count, draws, seed)
    return tuple(_of_company(unit, peaks, images, count, chance) for unit in units)


def standardised(atlas: Atlas, layer: str) -> tuple[Floats, Floats]:
    """Return the sample's peaks (S, C) with mean 0 and deviation 1, and the deviations (C,); 0 for the dead and NaN."""
    peaks = np.asarray(atlas.array(layer, "sample_peak"), np.float64)
    finite = np.isfinite(peaks).all(0)
    peaks = np.where(finite, peaks, 0.0)
    spread = peaks.std(0) if len(peaks) else np.zeros(peaks.shape[1])
    return (peaks - peaks.mean(0, keepdims=True)) / np.where(spread > 0, spread, 1.0), spread


def _of_company(unit: AtlasUnit, peaks: Floats, images: Integers, count: int, chance: Floats) -> Several:
    own = peaks[:, unit.index]
    nothing = Cut(np.zeros(0, np.int64), 0.0)
    if not own.any():
        why = f"{unit} is the same on every picture of the sample"
        return Several(str(unit), "company", nothing, (), np.zeros(0), why=why)
    rows = np.argsort(-own, kind="stable")[:count]
    others = np.where(_copies(peaks, unit.index), 0.0, peaks[rows])
    return Several(str(unit), "company", best_cut(principal(others, AXES)), tuple(images[rows].tolist()), chance)


def _copies(peaks: Floats, unit: int) -> NDArray[np.bool_]:
    """Return the unit and those that go with it nearly always: they would only say again how strong it is."""
    r = peaks.T @ peaks[:, unit] / max(len(peaks), 1)
    return np.asarray((np.abs(r) > ALIKE) | (np.arange(len(r)) == unit))


def _blind(peaks: Floats, count: int, draws: int, seed: int) -> Floats:
    """Return silhouettes (draws,) of as many pictures of the sample, drawn blindly."""
    draw = np.random.default_rng(seed)
    drawn = np.stack([peaks[draw.choice(len(peaks), count, replace=False)] for _ in range(draws)])
    return np.array([best_cut(points).silhouette for points in principal(drawn, AXES)])


# -- words -------------------------------------------------------------------------------------------------------


def _sentence(found: Several) -> str:
    many = counted(len(found.images), "strongest picture")
    if found.why:
        return f"Whether {found.unit} is one thing or several cannot be told."
    if found.same:
        return f"{found.unit} is one thing: its {many} send one and the same pattern back to pixels."
    sizes = listed([str(size) for size in found.cut.sizes])
    if found.by == "company":
        fall = f"fall into clusters of {sizes}" if found.clusters > 1 else "are of one kind"
        return f"By what else of the layer is active on them, the {many} of {found.unit} {fall}."
    if found.clusters == 1:
        return f"{found.unit} seems to be one thing: what its {many} send back to pixels does not fall into clusters."
    return f"{found.unit} seems to be several things: what its {many} send back falls into clusters of {sizes}."


def _caution(found: Several) -> str:
    if found.why or found.same:
        return found.why
    if found.by == "company" and found.clusters > 1:
        return "pictures may differ in what else they show, while the unit looks for one thing"
    if len(found.images) < 9:
        return f"from {counted(len(found.images), 'picture')} only"
    return ""
