"""Which parts of a picture a unit needs: hide them one by one (Zeiler & Fergus 2013, figure 7).

Only what lies in a place's receptive field can change the activation there, so squares are laid over the field alone
and only the part of the picture that decides the activation goes through the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.frames import within
from phosphene.evidence.measured import Compared, dead, mean, nothing, two
from phosphene.evidence.phrases import counted
from phosphene.evidence.ranks import spearman
from phosphene.evidence.sights import AT_ONCE, Sights
from phosphene.evidence.squares import FILLS, blurred, edges, grey, side_of, squares, strength
from phosphene.evidence.whole_maps import WholeMaps
from phosphene.network import Unit
from phosphene.project.rules import Way

ACROSS = 8  # squares along a field
WAYS = (Way("deconvnet", "switches"), Way("deconvnet", "fill"), Way("guided", "switches"), Way("gradient", "switches"))


@dataclass(frozen=True)
class Agreement:
    """How far pictures of one way are bright where hiding lowers the unit: Spearman's rank correlation over squares.

    Attributes:
        way: the rule and the un-pooling.
        own: (N,) of the unit's own picture.
        others: (N,) of pictures of other active units at the same place, their mean.
    """

    way: Way
    own: Floats
    others: Floats


@dataclass(frozen=True)
class Occlusion:
    """What hiding squares does to a unit at its strongest place in N pictures.

    Attributes:
        unit: the unit.
        squares: (N, K, 4) in input pixels: top, left, bottom, right.
        value: (N,) the activation with nothing hidden; NaN where the unit is not active.
        drop: (N, F, K) by how much it falls with a square hidden, for each of `fills`.
        fills: what the squares show instead.
        agreements: one for each way of sending back.
        edges: (N,) the same rank correlation for the picture's own edges.
        size: (H, W) of the pictures.
        of_maps: whether the activation is the sum of the whole map, and not that of its strongest place.
    """

    unit: Unit
    squares: Tensor
    value: Floats
    drop: Floats
    fills: tuple[str, ...]
    agreements: tuple[Agreement, ...]
    edges: Floats
    size: tuple[int, int]
    of_maps: bool = False

    @property
    def between_fills(self) -> Floats:
        """The rank correlation of the two ways of hiding, (N,): no picture can be expected to agree much better."""
        return spearman(self.drop[:, 0], self.drop[:, 1])

    def painted(self, fill: int | None = None) -> Floats:
        """Return the drop at every pixel, (N, H, W): the mean of the squares that cover it; NaN where none does."""
        drop = torch.from_numpy(self.drop.mean(1) if fill is None else self.drop[:, fill])
        masks = within(self.squares, self.size).double()
        painted: Floats = (torch.einsum("nk,nkhw->nhw", drop.nan_to_num(), masks) / masks.sum(1)).numpy()
        return painted

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One for each way of sending back."""
        return tuple(_finding(self, agreement) for agreement in self.agreements)


def occlusion(sights: Sights, across: int = ACROSS, ways: Sequence[Way] = WAYS) -> tuple[Occlusion, ...]:
    """Hide ``across`` x ``across`` squares of each field, grey and blurred, and compare with each way's pictures.

    For whole maps and pictures in place of strongest places and fields, give `whole_maps(sights)`.
    """
    frames = sights.frames
    boxes = squares(frames.field, across)
    masks = within(boxes, frames.size)
    answers = torch.cat(
        [sights.response(crops, which) for which, crops in _hidden(sights, masks, side_of(frames.field, across))]
    )
    drop = sights.by_unit((sights.value[:, None] - answers).reshape(len(boxes), len(FILLS), -1)).numpy()
    rank = drop.mean(2)  # (U, N, K)
    edge = _ranked(rank, sights.by_unit(strength(edges(sights.crops), masks)))
    compared = [_agreements(sights, rank, masks, way) for way in ways]
    shift = frames.start.repeat(1, 2)[:, None]
    where = (boxes + shift).reshape(len(sights.units), -1, *boxes.shape[1:]).cpu()
    value = sights.by_unit(sights.value).numpy()
    size = (sights.images.shape[2], sights.images.shape[3])
    return tuple(
        Occlusion(
            unit, where[u], value[u], drop[u], FILLS, tuple(Agreement(w, own[u], o[u]) for w, own, o in compared),
            edge[u], size, isinstance(sights, WholeMaps),
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def _hidden(sights: Sights, masks: Tensor, side: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield some sights at a time, and their crops with one square hidden each, (p, F * K, C, h, w)."""
    crops = sights.crops
    shown = (grey(sights.net, crops), sights.frames.cut(blurred(sights.images, side), sights.row))
    size = max(1, 32 * AT_ONCE // (len(FILLS) * masks.shape[1] * crops[:1].numel()))
    for start in range(0, len(crops), size):
        which = torch.arange(start, min(start + size, len(crops)), device=crops.device)
        mask = masks[which, :, None]
        yield which, torch.cat([torch.where(mask, fill[which, None], crops[which, None]) for fill in shown], 1)


def _agreements(sights: Sights, rank: Floats, masks: Tensor, way: Way) -> tuple[Way, Floats, Floats]:
    sent = sights.pictures(way)
    own = _ranked(rank, sights.by_unit(strength(sent.own, masks)))
    others = sights.by_unit(strength(sent.others, masks))  # (U, N, O, K)
    return way, own, _mean(_ranked(rank[:, :, None], others))


def _ranked(rank: Floats, size: Tensor) -> Floats:
    return spearman(rank, size.numpy())


def _mean(values: Floats) -> Floats:
    """Average the last dimension over what is finite; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(-1)
    found: Floats = total / np.where(known.any(-1), known.sum(-1), np.nan)
    return found


# -- in words ----------------------------------------------------------------------------------------------------


def _finding(found: Occlusion, agreement: Agreement) -> Finding:
    rule, unpool = agreement.way.rule, agreement.way.unpool
    question = f"occlusion {'map ' if found.of_maps else ''}{rule} {unpool}"
    pictures = len(found.value)
    if not np.isfinite(found.value).any():
        return dead(question, found.unit, pictures)
    if not np.isfinite(agreement.own).any():
        return _unmeasured(question, found, agreement)
    against, what = _baseline(found, agreement)
    compared = Compared(agreement.own, against, what)
    own, subject = mean(agreement.own), "its map" if found.of_maps else "the unit"
    sentence = (
        f"The {rule} picture ({unpool}) of {found.unit} is bright where hiding lowers {subject} at a rank agreement of "
        f"{two(own)}, over {found.squares.shape[1]} squares in {counted(pictures, 'picture')}; {what} reach "
        f"{two(mean(against))}."
    )
    return compared.finding(question, sentence, _doubt(found, compared))


def _baseline(found: Occlusion, agreement: Agreement) -> tuple[Floats, str]:
    """Return the harder of the two comparisons: what other units' pictures reach, or the picture's own edges."""
    others, edge = mean(agreement.others), mean(found.edges)
    if np.isnan(others) or edge > others:
        return found.edges, "the picture's own edges"
    return agreement.others, "pictures of other units at the same place"


def _doubt(found: Occlusion, compared: Compared) -> str:
    doubts = []
    if not compared.is_above:
        doubts.append(f"it tells no better than {compared.what} which parts the unit needs")
    if mean(found.between_fills) < 0.5:
        doubts.append("grey and blurred squares do not agree on which parts those are")
    return "; ".join(doubts)


def _unmeasured(question: str, found: Occlusion, agreement: Agreement) -> Finding:
    if not np.nan_to_num(found.drop).any():
        why, caution = "hiding any part of what it sees changes nothing", "it does not depend on any one part"
    else:
        why, caution = f"its {agreement.way.rule} picture is empty or even", "no picture to compare"
    return nothing(question, f"No rank agreement for {found.unit}: {why}.", caution)
