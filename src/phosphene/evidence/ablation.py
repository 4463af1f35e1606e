"""Does the unit matter to what the network says? It is held at its mean, and the scores are looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.errors import UsageError
from phosphene.evidence.finding import Finding
from phosphene.evidence.held import Held
from phosphene.evidence.measured import Compared, mean, nothing, portion
from phosphene.evidence.phrases import counted
from phosphene.network import Network, Unit

OTHERS = 8  # other units that are held for comparison, at least
BATCH = 128


@dataclass(frozen=True)
class Ablation:
    """What changes when a unit is held at its mean over N pictures, in all of them and everywhere.

    Attributes:
        unit: the unit.
        network: its name.
        classes: names of the K scores, or their numbers.
        held_at: the mean.
        before: (N,) 1.0 where the highest score was the picture's class, else 0.0; NaN where the class is not known.
        after: (N,) the same with the unit held.
        moved: (N,) how far the scores move, the mean over the classes, in units of their spread over classes.
        shift: (K,) the mean change of each class's score.
        others_after: (N,) the mean of ``after`` with other units of the layer held in its stead, one at a time.
        others_moved: (N,) likewise of ``moved``.
    """

    unit: Unit
    network: str
    classes: tuple[str, ...]
    held_at: float
    before: Floats
    after: Floats
    moved: Floats
    shift: Floats
    others_after: Floats
    others_moved: Floats

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The change in accuracy, and how far the scores move."""
        return _accuracy(self), _scores(self)


def ablation(
    net: Network,
    units: Sequence[Unit],
    inputs: Tensor,
    labels: Tensor | None = None,
    others: int = OTHERS,
    seed: int = 0,
) -> tuple[Ablation, ...]:
    """Hold each of ``units`` of one layer at its mean over ``inputs``.

    Args:
        net: the network.
        units: addresses in one layer.
        inputs: (N, C, H, W), the model's own inputs: a bounded set.
        labels: (N,) the number of each picture's class among the scores, -1 where it is not known.
        others: units of the layer that each is compared with, at least; drawn at random if ``units`` are fewer.
        seed: of that draw.

    Raises:
        UsageError: units of several layers.
    """
    units = tuple(units)
    if len({unit.layer for unit in units}) != 1 or any(unit.index is None for unit in units):
        raise UsageError("units that are held lie in one layer, each named as LAYER:INDEX")
    layer = net.layer(units[0].layer)
    asked = [net.unit(unit).index or 0 for unit in units]
    held = _with_others(asked, layer.units, others, seed)
    x = net.prepare(inputs).contiguous(memory_format=torch.channels_last)
    if net.scores(x[:1]).ndim != 2:
        return tuple(_without_scores(net, unit) for unit in units)
    batches = [Held(net, layer.name, part) for part in x.split(BATCH)]  # type: ignore[no-untyped-call]
    means = _means(batches, held)
    plain = torch.cat([batch.scores() for batch in batches]).double()
    scores = torch.stack([torch.cat([b.scores(u, m) for b in batches]) for u, m in zip(held, means, strict=True)])
    return _compared(net, units, means, plain, scores.double(), labels)


def _with_others(asked: list[int], count: int, others: int, seed: int) -> list[int]:
    rest = np.setdiff1d(np.arange(count), asked)
    missing = max(0, others + 1 - len(set(asked)))
    drawn: list[int] = np.random.default_rng(seed).permutation(rest)[:missing].tolist()
    return asked + drawn


def _means(batches: list[Held], units: list[int]) -> list[float]:
    """Return each unit's mean over all finite values of all pictures."""
    maps = [batch.maps[units].flatten(1).double() for batch in batches]
    finite = [values.isfinite() for values in maps]
    total = torch.stack([values.where(known, 0).sum(1) for values, known in zip(maps, finite, strict=True)]).sum(0)
    many = torch.stack([known.sum(1) for known in finite]).sum(0)
    means: list[float] = (total / many.clamp(min=1)).tolist()
    return means


def _compared(
    net: Network, units: tuple[Unit, ...], means: list[float], plain: Tensor, scores: Tensor, labels: Tensor | None
) -> tuple[Ablation, ...]:
    change = scores - plain  # (held units, N, K)
    known = change.isfinite().all(2)
    spread = plain.std(1, unbiased=False).clamp(min=1e-12)
    moved: Floats = torch.where(known, change.abs().mean(2) / spread, torch.nan).cpu().numpy()
    shift = torch.where(known[..., None], change, 0).sum(1) / known.sum(1, keepdim=True).clamp(min=1)
    before, after = (_right(output, labels) for output in (plain, scores))
    return tuple(
        Ablation(
            unit, net.name, _names(net, plain.shape[1]), means[u], before, after[u], moved[u], shift[u].cpu().numpy(),
            _others(after, u), _others(moved, u),
        )
        for u, unit in enumerate(units)
    )  # fmt: skip


def _others(values: Floats, unit: int) -> Floats:
    rest = np.delete(values, unit, 0)
    return rest.mean(0) if len(rest) else np.full(values.shape[1], np.nan)


def _right(scores: Tensor, labels: Tensor | None) -> Floats:
    """Return 1.0 where the highest of ``scores`` (..., N, K) is the label's, 0.0 where not, NaN without a label."""
    if labels is None:
        return np.full(scores.shape[:-1], np.nan)
    known = (labels.to(scores.device) >= 0) & scores.isfinite().all(-1)
    right = (scores.argmax(-1) == labels.to(scores.device)).double()
    found: NDArray[np.float64] = torch.where(known, right, torch.nan).cpu().numpy()
    return found


def _names(net: Network, count: int) -> tuple[str, ...]:
    known = net.classes is not None and len(net.classes) == count
    return net.classes if known and net.classes else tuple(f"class {number}" for number in range(count))


def _without_scores(net: Network, unit: Unit) -> Ablation:
    none = np.empty(0)
    return Ablation(unit, net.name, (), float("nan"), none, none, none, none, none, none)


# -- in words ----------------------------------------------------------------------------------------------------

_ACCURACY, _SCORES = "ablation accuracy", "ablation scores"


def _accuracy(found: Ablation) -> Finding:
    if not found.classes:
        return _no_classes(_ACCURACY, found)
    if not np.isfinite(found.after - found.before).any():
        sentence = f"What {found.unit} does for the accuracy of {found.network} is not known."
        return nothing(_ACCURACY, sentence, "the pictures have no labels, or the scores are not finite")
    what = "other units of the layer, held one at a time"
    change = Compared(found.after - found.before, found.others_after - found.before, what)
    many = int(np.isfinite(found.before).sum())
    sentence = (
        f"With {found.unit} held at its mean ({found.held_at:.3g}), accuracy on {counted(many, 'picture')} goes from "
        f"{mean(found.before):.1%} to {mean(found.after):.1%}; with {what}, to {mean(found.others_after):.1%} on "
        "average."
    ).replace("%", " %")
    finding = change.finding(_ACCURACY, sentence)
    unclear = finding.interval is None or finding.interval.low <= 0 <= finding.interval.high
    doubt = "no effect on accuracy that could be told from none" if unclear else ""
    return change.finding(_ACCURACY, sentence, doubt)


def _scores(found: Ablation) -> Finding:
    if not found.classes:
        return _no_classes(_SCORES, found)
    if not np.isfinite(found.moved).any():
        sentence = f"With {found.unit} held at its mean, the scores of {found.network} are no finite numbers."
        return nothing(_SCORES, sentence, "the scores are not finite")
    if not np.nan_to_num(found.moved).any():
        sentence = (
            f"With {found.unit} held at its mean, not one score changes on {counted(len(found.moved), 'picture')}: "
            "nothing that the network says depends on it."
        )
        return Compared(found.moved, found.others_moved, "other units of the layer").finding(_SCORES, sentence)
    compared = Compared(found.moved, found.others_moved, "other units of the layer")
    most = int(np.abs(found.shift).argmax())
    way = "gains" if found.shift[most] > 0 else "loses"
    sentence = (
        f"With {found.unit} held at its mean, the scores move by {portion(mean(found.moved))} of their spread over "
        f"the classes; with {compared.what} by {portion(mean(found.others_moved))} on average. "
        f"{found.classes[most]} {way} most, {abs(found.shift[most]):.2g}."
    )
    doubt = "it matters less than a typical unit of its layer" if compared.is_below else ""
    return compared.finding(_SCORES, sentence, doubt)


def _no_classes(question: str, found: Ablation) -> Finding:
    sentence = f"{found.network} gives no scores for classes, so what {found.unit} does for them was not measured."
    return nothing(question, sentence, "no class scores")
