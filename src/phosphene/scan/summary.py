"""All that is kept of one layer while images go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phosphene.arrays import Floats, Integers
from phosphene.atlas.state import paired
from phosphene.geometry import View
from phosphene.scan import draws, kernel
from phosphene.scan.kernel import Values
from phosphene.scan.moments import Moments
from phosphene.scan.pairs import CoMoments
from phosphene.scan.sample import Change, Members, Peaks
from phosphene.scan.state import State
from phosphene.scan.top import Top

Look = Callable[[View | None, Integers, int], Floats]
"""From a layer's view, positions (n, P) and its maps' width to what is plainly visible there, (n * P, features)."""


@dataclass(frozen=True)
class Batch:
    """What a layer's summary must know of the images whose maps it is given.

    Attributes:
        images: (N,) their numbers in the scan.
        labels: (N,) their classes' numbers; -1 for none.
        change: what the sample makes of them.
        rows: which of them give positions.
        hashes: the hashes of those.
        look: what is plainly visible in those.
    """

    images: Integers
    labels: Integers
    change: Change
    rows: Integers
    hashes: NDArray[np.uint64]
    look: Look


@dataclass(frozen=True)
class Kept:
    """How much is kept: entries of a top list, images of the sample, positions of an image."""

    top: int = 16
    sample: int = 4096
    positions: int = 4


@dataclass
class Summary:
    """One layer's running figures."""

    view: View | None
    kept: Kept
    moments: Moments
    top: Top
    peaks: Peaks
    class_sum: Floats
    class_count: Integers
    features: int
    pairs: CoMoments

    @classmethod
    def empty(cls, units: int, view: View | None, kept: Kept, classes: int, features: int) -> Summary:
        """Return the figures of no images."""
        return cls(
            view,
            kept,
            Moments.empty(units),
            Top.empty(units, kept.top),
            Peaks.empty(units, kept.sample),
            np.zeros((classes, units)),
            np.zeros(classes, np.int64),
            features,
            CoMoments.empty(features + units, features + paired(units)),
        )

    def add(self, maps: Tensor, batch: Batch) -> None:
        """Take in the maps (N, C, H, W) of a batch."""
        values = _laid_out(maps)
        reduced = kernel.reduced(values)
        peaks, change = reduced.largest, batch.change
        self.moments.add(reduced, values.shape[1])
        self.top.add(peaks, batch.images, reduced.place)
        self.peaks.put(change.slots, peaks[change.rows], reduced.place[change.rows])
        self._count_classes(peaks, batch.labels)
        self._pair(values, maps.shape[3], batch)

    def _count_classes(self, peaks: Floats, labels: Integers) -> None:
        finite = np.where(np.isfinite(peaks), peaks, 0)
        for label in np.unique(labels[labels >= 0]):
            own = labels == label
            self.class_sum[label] += finite[own].sum(0, dtype=np.float64)
            self.class_count[label] += own.sum()

    def _pair(self, values: Values, width: int, batch: Batch) -> None:
        if len(batch.rows):
            places = draws.positions(batch.hashes, self.kept.positions, values.shape[1])
            there = kernel.widened(values[batch.rows[:, None], places]).reshape(-1, values.shape[2])
            self.pairs.add(np.concatenate([batch.look(self.view, places, width), there], 1))

    def merge(self, other: Summary, sample: Change) -> None:
        """Take in what another part of the image set gave; ``sample`` says which of its sampled images stay."""
        self.moments.merge(other.moments)
        self.top.merge(other.top)
        self.peaks.put(sample.slots, other.peaks.value[sample.rows], other.peaks.place[sample.rows])
        self.class_sum += other.class_sum
        self.class_count += other.class_count
        self.pairs.merge(other.pairs)

    def state(self, members: Members) -> State:
        """Return the arrays that stand for this summary, as docs/atlas-format.md names them."""
        f, pairs = self.features, self.pairs
        pairs.settle()
        return {
            **self.moments.state(),
            **{f"top_{name}": array for name, array in self.top.state().items()},
            **members.state(),
            **self.peaks.state(members.order),
            "class_sum": self.class_sum,
            "class_count": self.class_count,
            "pair_count": pairs.count,
            "pair_mean": pairs.mean[f:],
            "pair_products": pairs.products[f:, f:],
            "seen_count": pairs.count,
            "seen_mean": pairs.mean[:f],
            "seen_products": pairs.products[:f, :f],
            "seen_unit_mean": pairs.mean[f:],
            "seen_unit_m2": pairs.squares[f:],
            "seen_unit_products": pairs.products[:f, f:],
        }

    @classmethod
    def of(cls, state: State, view: View | None, kept: Kept) -> Summary:
        """Return the summary that `state` gave."""
        return cls(
            view,
            kept,
            Moments.of(state),
            Top.of({name.removeprefix("top_"): array for name, array in state.items() if name.startswith("top_")}),
            Peaks.of(state, kept.sample),
            state["class_sum"].copy(),
            state["class_count"].copy(),
            len(state["seen_mean"]),
            joint(state),
        )


def joint(state: State) -> CoMoments:
    """Return means and co-moments of visible features and units together, features first."""
    crossed, products = state["seen_unit_products"], state["pair_products"]
    first, units = products.shape
    mean = np.concatenate([state["seen_mean"], state["pair_mean"]])
    whole = np.block([[state["seen_products"], crossed], [crossed[:, :first].T, products]])
    rest = state["seen_unit_m2"][first:].copy() if first < units else np.zeros(0)
    return CoMoments(np.array(state["pair_count"]), mean, whole, rest)


def _laid_out(maps: Tensor) -> Values:
    """Return maps (N, C, H, W) as (N, H * W, C), without a copy where they are channels-last in the first place."""
    last = maps.detach().cpu().permute(0, 2, 3, 1).contiguous().flatten(1, 2)
    array: Values = (last.view(torch.int16) if last.dtype == torch.bfloat16 else last.float()).numpy()
    return array
