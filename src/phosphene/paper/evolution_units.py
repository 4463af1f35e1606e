"""`evolution`: what units look for at every moment of a training (paper, figure 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from phosphene.arrays import Floats, Integers
from phosphene.draw.plots import Plot
from phosphene.errors import UsageError
from phosphene.evidence.finding import Finding
from phosphene.network import Network, Unit
from phosphene.paper.analysis import Analysis
from phosphene.paper.evolution_figure import strips
from phosphene.paper.evolution_moments import Moment, bundled_moments
from phosphene.paper.evolution_peaks import Looks, Peaks, likeness, looks, peaks_over, selectivity
from phosphene.paper.evolution_words import said
from phosphene.paper.shown import Shown
from phosphene.project.rules import Rule, Unpool
from phosphene.scan.choice import chosen_layers
from phosphene.scan.derive import roc_areas

LIMIT = 2000
DRAWN = 6
"""Units of a layer that are drawn where the whole layer was named."""


@dataclass(frozen=True, eq=False)
class Life:
    """U units of a layer over M moments.

    Attributes:
        layer: its name.
        units: (U,) their numbers.
        strongest: (M, U) the picture that drives each most, by its number; -1 where all drive it alike.
        value: (M, U) the peak there.
        rank: (M, U) where the strongest picture of the moment before stands now, from 1; NaN at the first moment.
        like: (M, U) cosine of the projection with that of the moment before; NaN at the first.
        same: (M, U) the same, but of the picture that was the strongest before, by the weights of before and of now.
        selectivity: (M, U) see `phosphene.paper.evolution_peaks.selectivity`.
        interval: (2, M, U) its ends.
        favourite: (U,) the class that each tells best at the last moment; -1 where classes are not known.
        area: (M, U) area under the ROC curve of that class; NaN where classes are not known.
        drawn: which of the units have pictures, by their place in ``units``.
        patches: (M, D, C, h, w) what the drawn ones see at their strongest places, picture values.
        projections: (M, D, C, h, w) that sent back, signed.
    """

    layer: str
    units: tuple[int, ...]
    strongest: Integers
    value: Floats
    rank: Floats
    like: Floats
    same: Floats
    selectivity: Floats
    interval: Floats
    favourite: Integers
    area: Floats
    drawn: tuple[int, ...]
    patches: Tensor
    projections: Tensor

    @property
    def jumps(self) -> np.ndarray:
        """(M, U) bool: the strongest picture is another than at the moment before."""
        before, now = self.strongest[:-1], self.strongest[1:]
        changed = (before != now) & (before >= 0) & (now >= 0)
        return np.concatenate([np.zeros_like(changed[:1]), changed])


@dataclass(frozen=True, eq=False, repr=False)
class Evolution(Analysis):
    """Units over a training.

    Attributes:
        network: its name.
        moments: names, in the training's order.
        pictures: names.
        classes: names; empty where the pictures have none.
        lives: one for each layer.
    """

    network: str
    moments: tuple[str, ...]
    pictures: tuple[str, ...]
    classes: tuple[str, ...]
    lives: tuple[Life, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """For each layer: when it settles, what a jump changes, and how selective its units become."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Every figure by unit and moment."""
        return {
            "network": self.network,
            "moments": self.moments,
            "pictures": len(self.pictures),
            "classes": self.classes,
            "units": [_numbers(self, life, place) for life in self.lives for place in range(len(life.units))],
        }

    def figure(self) -> Plot:
        """Draw a row for each unit: patch and projection at every moment, jumps marked, and its selectivity."""
        return strips(self)


def evolution(
    moments: Sequence[Moment | Network] | None = None,
    images: object = "samples:32",
    units: Sequence[str | Unit] | None = None,
    *,
    limit: int = LIMIT,
    drawn: int = DRAWN,
    labels: Sequence[str | int] | None = None,
    rule: Rule = "deconvnet",
    unpool: Unpool = "switches",
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Evolution:
    """Follow units through a training.

    The paper's figure 4: of each feature map the strongest activation across all images, projected down to pixel
    space, at several epochs. "Sudden jumps in appearance result from a change in the image from which the strongest
    activation originates." Here each stands beside the patch that causes it; jumps are marked; and so that a jump is
    not taken for a change of the feature, `Life.same` compares the projections of one and the same picture by the
    weights of the moment before and of now.

    Args:
        moments: in the training's order; None: the eight of the blog's network that come along. See
            `phosphene.paper.recording.Recorder` for how to make some, `with_weights` for files of weights.
        images: what `phosphene.images` takes, or inputs (N, C, H, W).
        units: ``"relu2:8"``, or ``"relu2"`` for all its units; None: the units behind every convolution.
        limit: look at so many pictures at most.
        drawn: so many units of a layer are drawn, evenly chosen; units that were named one by one always are.
        labels: the class of each picture, where the set does not know them.
        rule: how operations send a unit back.
        unpool: how max-pooling does.
        tell: hears how many pictures of how many are done.

    Raises:
        UsageError: fewer than two moments, an unknown unit, or networks that are not alike.
        PhospheneError: no picture can be read.
    """
    course = bundled_moments() if moments is None else [_moment(each, n) for n, each in enumerate(moments)]
    if len(course) < 2:
        raise UsageError("an evolution needs at least two moments of a training; give several files of weights")
    first = course[0].net
    wanted = _wanted(first, units, drawn)
    for other in course[1:]:
        for layer in wanted:
            if other.net.layer(layer).units != first.layer(layer).units:
                raise UsageError(f"{other.name} has another number of units in {layer}; give moments of one network")
    shown = Shown(first, images, limit, labels)
    peaks, read = peaks_over(course, list(wanted), shown, tell)
    lives = tuple(
        _life(course, layer, chosen, [each[layer] for each in peaks], (shown, read), (rule, unpool))
        for layer, chosen in wanted.items()
    )
    names = tuple(shown.names[index] for index in read)
    return Evolution(first.name, tuple(each.name for each in course), names, shown.classes, lives)


def _moment(given: Moment | Network, number: int) -> Moment:
    return given if isinstance(given, Moment) else Moment(f"{given.name} {number}", given)


@dataclass(frozen=True)
class _Chosen:
    units: tuple[int, ...]
    drawn: tuple[int, ...]


def _wanted(net: Network, units: Sequence[str | Unit] | None, drawn: int) -> dict[str, _Chosen]:
    """Return by layer, in the network's order, which units are measured, and the places of those that are drawn."""
    named = [Unit(layer.name) for layer in chosen_layers(net)] if units is None else [net.unit(each) for each in units]
    found = {}
    for layer in net.layers():
        own = [unit.index for unit in named if unit.layer == layer.name]
        if not own:
            continue
        single = list(dict.fromkeys(index for index in own if index is not None))
        measured = tuple(range(layer.units)) if None in own else tuple(single)
        even = [int(place) for place in np.linspace(0, len(measured) - 1, min(drawn, len(measured))).round()]
        found[layer.name] = _Chosen(measured, tuple(measured.index(each) for each in single) or tuple(even))
    return found


def _life(
    course: Sequence[Moment],
    layer: str,
    chosen: _Chosen,
    peaks: Sequence[Peaks],
    pictures: tuple[Shown, list[int]],
    way: tuple[Rule, Unpool],
) -> Life:
    shown, read = pictures
    own = [Peaks(each.value[list(chosen.units)], each.place[list(chosen.units)]) for each in peaks]
    strongest = np.stack([each.strongest for each in own])
    views = _Views(layer, chosen.units, own, shown, read, way)
    every = np.arange(len(chosen.units))
    seen = [views.at(moment.net, n, every, strongest[n]) for n, moment in enumerate(course)]
    nothing = np.full(len(chosen.units), np.nan)
    like, same, rank = [nothing], [nothing], [nothing]
    for n in range(1, len(course)):
        known = (strongest[n - 1] >= 0) & (strongest[n] >= 0)
        like.append(np.where(known, likeness(seen[n - 1].projections, seen[n].projections), np.nan))
        same.append(like[n].copy())  # without a jump it is the same picture
        jumped = np.flatnonzero(known & (strongest[n - 1] != strongest[n]))
        if len(jumped):
            former = views.at(course[n].net, n, jumped, strongest[n - 1][jumped])
            same[n][jumped] = likeness(seen[n - 1].projections[jumped], former.projections)
        before = np.take_along_axis(own[n].value, strongest[n - 1].clip(0)[:, None], 1)
        rank.append(np.where(known, 1 + (own[n].value > before).sum(1), np.nan))
    spread, ends = zip(*(selectivity(each.value) for each in own), strict=True)
    favourite, area = _areas(own, shown.labels[read], len(shown.classes))
    return Life(
        layer, chosen.units, strongest, np.stack([each.value.max(1) for each in own]), np.stack(rank), np.stack(like),
        np.stack(same), np.stack(spread), np.stack(ends, 1), favourite, area, chosen.drawn,
        *views.drawn(seen, chosen.drawn),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Views:
    """Looks at the units of one layer, each on a picture of its own."""

    layer: str
    units: tuple[int, ...]
    peaks: Sequence[Peaks]
    shown: Shown
    read: list[int]
    way: tuple[Rule, Unpool]

    def at(self, net: Network, moment: int, rows: Integers, columns: Integers) -> Looks:
        """Send peaks back by the weights of a moment: of units, by their row, each on the picture of its column."""
        columns, peaks = columns.clip(0), self.peaks[moment]
        single, copies = np.unique(columns, return_inverse=True)
        inputs = self.shown.inputs([self.read[column] for column in single])[copies]
        where, value = peaks.place[rows, columns].tolist(), peaks.value[rows, columns].tolist()
        units = [self.units[row] for row in rows]
        return looks(net, self.layer, list(zip(units, where, value, strict=True)), inputs, *self.way)

    @staticmethod
    def drawn(seen: Sequence[Looks], places: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Keep what is drawn: patches and projections (M, D, C, h, w)."""
        from torch import stack

        chosen = list(places)
        return stack([each.patches[chosen] for each in seen]), stack([each.projections[chosen] for each in seen])


def _areas(peaks: Sequence[Peaks], labels: Integers, classes: int) -> tuple[Integers, Floats]:
    """Return each unit's favourite class at the last moment, and its area at every moment (M, U)."""
    units = len(peaks[0].value)
    if classes < 2:
        return np.full(units, -1), np.full((len(peaks), units), np.nan)
    areas = np.stack([roc_areas(each.value.T, labels, classes) for each in peaks])  # (M, classes, U)
    favourite = np.where(np.isnan(areas[-1]), -1, areas[-1]).argmax(0)
    return favourite, areas[:, favourite, np.arange(units)]


def _numbers(found: Evolution, life: Life, place: int) -> dict[str, object]:
    favourite = int(life.favourite[place])
    return {
        "unit": f"{life.layer}:{life.units[place]}",
        "strongest": [found.pictures[n] if n >= 0 else None for n in life.strongest[:, place]],
        "jump": life.jumps[:, place].tolist(),
        "value": life.value[:, place].tolist(),
        "rank_of_former": life.rank[:, place].tolist(),
        "likeness": life.like[:, place].tolist(),
        "likeness_on_same_picture": life.same[:, place].tolist(),
        "selectivity": life.selectivity[:, place].tolist(),
        "selectivity_interval": life.interval[:, :, place].T.tolist(),
        "class": found.classes[favourite] if favourite >= 0 else None,
        "class_area": life.area[:, place].tolist(),
    }
