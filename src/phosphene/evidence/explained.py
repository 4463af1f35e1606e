"""What plainly visible thing explains a unit?

The linear regression of the unit's activation on the mean lightness, red-green, blue-yellow, contrast and edges of what
it sees (see `phosphene.scan.seen`), at the positions that the scan sampled: R^2 in all, and each feature's share of it
(see `phosphene.evidence.regression`). From the atlas alone; with the network and some of the scanned pictures there are
intervals too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt

import numpy as np
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence import bootstrap
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.looks import Looks, look
from phosphene.evidence.phrases import cause, counted, listed, percent
from phosphene.evidence.regression import Parts, Sums, parts, totals
from phosphene.network import Network

NAMED = 0.1
"""Share of a unit from which on a cause is named."""
SURE = 0.05
"""Share that a cause must have at the lower end of its interval, too."""
NEARLY_ALL = 0.9
"""R^2 from which on there is no rest to speak of."""
FEW = 500
"""Pictures below which the figure is said to come from few."""
DRAWS = 200
SHUFFLES = 50


@dataclass(frozen=True)
class Cause:
    """One visible feature's part in a unit.

    Attributes:
        feature: its name in the atlas.
        name: the same by the sign of ``r``: ``darkness``, ``green``, ``little contrast``.
        share: of the unit's variance, 0 to 1.
        r: Pearson's correlation with the unit.
        interval: of the share.
    """

    feature: str
    name: str
    share: float
    r: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Explained:
    """What is plainly visible explains of one unit.

    Attributes:
        unit: its address.
        total: R^2; NaN where it cannot be had.
        causes: all features, the largest share first; the shares sum to ``total``.
        interval: of ``total``.
        chance: R^2 to be expected of features that have nothing to do with the unit.
        images: pictures whose positions went in.
        seen: pictures that were scanned.
    """

    unit: str
    total: float
    causes: tuple[Cause, ...]
    interval: Interval | None
    chance: float
    images: int
    seen: int

    @property
    def named(self) -> tuple[Cause, ...]:
        """The causes that may be named: large enough, and so beyond their interval and beyond chance."""
        return tuple(each for each in self.causes if each.share >= NAMED + self.chance and self._sure(each))

    def _sure(self, each: Cause) -> bool:
        return each.interval is None or each.interval.low >= SURE + self.chance

    @property
    def finding(self) -> Finding:
        """The answer in one sentence."""
        return Finding(
            question="explained",
            value=self.total,
            sentence=_sentence(self),
            baseline=self.chance,
            compared_with="what is visible in other pictures",
            interval=self.interval,
            caution=_caution(self),
        )


def explained(
    atlas: Atlas,
    units: Sequence[AtlasUnit],
    net: Network | None = None,
    inputs: Tensor | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Explained, ...]:
    """Explain units of one layer by what is plainly visible.

    Args:
        atlas: the scan.
        units: of one layer; they share all work.
        net: the network that was scanned, for intervals.
        inputs: (N, C, H, W) the model's own input for some of the scanned pictures, chosen blindly: those of the
            sample are. The interval is that of all pictures of the scan: these only tell how much pictures differ.
        draws: of the bootstrap over pictures.
        seed: of the bootstrap.
    """
    layer, features = units[0].layer.name, atlas.manifest.features
    chosen = [unit.index for unit in units]
    sums = _scanned(atlas, layer, chosen)
    if not features or not int(atlas.array(layer, "seen_count")):
        return tuple(_unknown(atlas, unit) for unit in units)
    images = _images(atlas, layer)
    answers = _answers(atlas, units, parts(sums), sums, images)
    if net is None or inputs is None or len(inputs) < 2:
        return answers
    looks = look(net, layer, chosen, inputs, atlas.manifest.options.positions, seed)
    return _with_intervals(answers, looks, features, draws, seed)


def _scanned(atlas: Atlas, layer: str, units: Sequence[int]) -> Sums:
    own, crossed, m2 = (
        np.asarray(atlas.array(layer, name), np.float64)
        for name in ("seen_products", "seen_unit_products", "seen_unit_m2")
    )
    return Sums(own, crossed[:, units], m2[units])


def _images(atlas: Atlas, layer: str) -> int:
    """Return how many pictures gave positions."""
    height, width = atlas.layer(layer).size
    return round(int(atlas.array(layer, "seen_count")) / min(atlas.manifest.options.positions, height * width))


def _unknown(atlas: Atlas, unit: AtlasUnit) -> Explained:
    return Explained(str(unit), nan, (), None, nan, 0, atlas.progress.scanned)


def _answers(atlas: Atlas, units: Sequence[AtlasUnit], found: Parts, sums: Sums, images: int) -> tuple[Explained, ...]:
    _, r = sums.correlations()
    chance = min(1.0, len(atlas.manifest.features) / max(images - 1, 1))
    return tuple(
        Explained(
            str(unit),
            float(found.total[column]),
            _causes(atlas.manifest.features, found.shares[:, column], r[:, column]),
            None,
            chance,
            images,
            atlas.progress.scanned,
        )
        for column, unit in enumerate(units)
    )


def _causes(features: Sequence[str], shares: Floats, r: Floats) -> tuple[Cause, ...]:
    if np.isnan(shares).any():
        return ()
    made = (
        Cause(name, cause(name, rho), share, rho)
        for name, share, rho in zip(features, shares.tolist(), r.tolist(), strict=True)
    )
    return tuple(sorted(made, key=lambda each: -each.share))


# -- intervals ---------------------------------------------------------------------------------------------------


def _with_intervals(
    answers: tuple[Explained, ...], looks: Looks, features: Sequence[str], draws: int, seed: int
) -> tuple[Explained, ...]:
    """Move what the bootstrap over a few pictures scatters to the figures of the scan's many.

    A figure's deviation goes with one over the root of the number of pictures; chance with one over that number.
    """
    few = len(looks.units)
    drawn = parts(looks.drawn(bootstrap.weights(few, draws, seed)))
    chance = totals(looks.shuffled(SHUFFLES, seed)).mean(0)
    made = []
    for column, answer in enumerate(answers):
        scale = sqrt(min(1.0, few / max(answer.images, 1)))
        shares = {name: drawn.shares[:, row, column] * scale for row, name in enumerate(features)}
        causes = tuple(replace(each, interval=_around(each.share, shares[each.feature])) for each in answer.causes)
        interval = None if isnan(answer.total) else _around(answer.total, drawn.total[:, column] * scale)
        by_chance = answer.chance if np.isnan(chance[column]) else float(chance[column]) * scale**2
        made.append(replace(answer, causes=causes, interval=interval, chance=by_chance))
    return tuple(made)


def _around(value: float, drawn: Floats) -> Interval | None:
    """Return the interval of a share whose resampled values scatter as ``drawn`` does, but around ``value``."""
    finite = drawn[np.isfinite(drawn)]
    found = bootstrap.interval(finite - finite.mean() + value) if len(finite) else None
    return None if found is None else Interval(max(found.low, 0.0), min(found.high, 1.0))


# -- words -------------------------------------------------------------------------------------------------------


def _sentence(answer: Explained) -> str:
    if isnan(answer.total):
        return f"What explains {answer.unit} cannot be told."
    if not answer.named:
        most = answer.causes[0]
        opening = "Nothing plainly visible" if answer.total < NAMED else "No one visible thing"
        return (
            f"{opening} explains {answer.unit}: lightness, colour, contrast and edges together come to "
            f"{percent(answer.total)} of its variance, the most of it {most.name} ({percent(most.share)})."
        )
    first, *others = answer.named
    causes = [f"is explained by {first.name}", *(f"{percent(each.share)} by {each.name}" for each in others)]
    rest = ", the rest is something else" if answer.total < NEARLY_ALL else ""
    return (
        f"{percent(first.share)} of the variance of {answer.unit} {listed(causes)}; all that is plainly visible "
        f"together explains {percent(answer.total)}{rest}."
    )


def _caution(answer: Explained) -> str:
    if answer.images == 0:
        return "the scan kept no visible features: it knows them of pictures with 1 or 3 channels"
    if isnan(answer.total):
        return f"{answer.unit} is dead on {counted(answer.seen, 'picture')}: it is the same everywhere"
    if answer.interval is not None and answer.interval.low <= answer.chance:
        return "no more than what is visible in other pictures would explain"
    if answer.images < FEW:
        return f"from {counted(answer.images, 'picture')} only"
    return ""
