"""Is it the thing in the box, or what is around it? Each is hidden in turn, in four ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.errors import UsageError
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.frames import within
from phosphene.evidence.measured import dead, mean, portion, share
from phosphene.evidence.sights import Sights, responses, seen
from phosphene.evidence.squares import blurred, grey, mean_colour
from phosphene.network import Unit

Box = tuple[int, int, int, int]
WAYS_OF_HIDING = ("the picture's mean colour", "mid-grey", "the picture blurred", "the mean colour of what is left")
RANDOM = 16  # boxes of the same size that the answer is compared with
HALF = 0.5  # of the activation: whoever keeps as much alone is enough
VERDICTS = {
    (True, False): "what is in the box",
    (False, True): "what is around the box",
    (True, True): "either part alone",
    (False, False): "both parts together",
}


@dataclass(frozen=True)
class Boxed:
    """A unit's activation at its strongest place in one picture, with a box alone and with the box hidden.

    Attributes:
        unit: the unit.
        box: (x0, y0, x1, y1) in input pixels, the ends excluded.
        value: the activation with nothing hidden.
        alone: (4,) the share of it with nothing but the box, for each of `WAYS_OF_HIDING`.
        hidden: (4,) the share with the box hidden.
        random_alone: (R,) as ``alone``, for boxes of the same size anywhere, by the picture's mean colour.
        random_hidden: (R,) likewise.
        overlap: the share of what the strongest place sees that lies in the box.
    """

    unit: Unit
    box: Box
    value: float
    alone: Floats
    hidden: Floats
    random_alone: Floats
    random_hidden: Floats
    overlap: float

    @property
    def verdict(self) -> str:
        """What drives the unit: one of `VERDICTS`, by the medians over the ways of hiding; empty if nothing does."""
        if np.isnan(self.alone).any():
            return ""
        if self.overlap in (0, 1):  # the other part is not seen, so it cannot matter
            return VERDICTS[bool(self.overlap), not self.overlap]
        return VERDICTS[bool(np.median(self.alone) >= HALF), bool(np.median(self.hidden) >= HALF)]

    @property
    def finding(self) -> Finding:
        """The share that the box alone keeps, less the share that its surroundings keep."""
        return _finding(self) if np.isfinite(self.alone).all() else dead("box", self.unit, 1)


def box(sights: Sights, where: Box) -> tuple[Boxed, ...]:
    """Decide between a box and its surroundings for each unit, in the one picture that ``sights`` are of.

    Raises:
        UsageError: a box that is empty, or not inside the picture, or sights in several pictures.
    """
    size = (sights.images.shape[2], sights.images.shape[3])
    _check(sights, where, size)
    own = torch.tensor([where[1], where[0], where[3], where[2]], device=sights.images.device)
    inputs = _variants(sights, own, size)
    flat = mean_colour(sights.images[:1])
    value, nothing = (_answers(sights, each) for each in (sights.images[:1], flat))
    shares = share(_answers(sights, inputs), value, nothing).reshape(len(sights.units), 2, -1)
    shares[~sights.active.cpu().numpy()] = np.nan
    known, ways = seen(sights), len(WAYS_OF_HIDING)
    overlap = _overlap(known, own, size)
    return tuple(
        Boxed(
            unit, where, float(value[u, 0]), shares[u, 0, :ways], shares[u, 1, :ways], shares[u, 0, ways:],
            shares[u, 1, ways:], float(overlap[u]),
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def _check(sights: Sights, where: Box, size: tuple[int, int]) -> None:
    if sights.count != 1 or int(sights.row.max()) > 0:
        raise UsageError("a box lies in one picture; give one input")
    x0, y0, x1, y1 = where
    if not (0 <= x0 < x1 <= size[1] and 0 <= y0 < y1 <= size[0]):
        raise UsageError(
            f"box {x0},{y0},{x1},{y1} does not lie in the picture; "
            f"give x0,y0,x1,y1 with 0 <= x0 < x1 <= {size[1]} and 0 <= y0 < y1 <= {size[0]}"
        )
    if (x1 - x0, y1 - y0) == (size[1], size[0]):
        raise UsageError("the box is the whole picture, so nothing is around it; give a smaller one")


def _variants(sights: Sights, own: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the picture with only the boxes, then with the boxes hidden: (2 * (4 + R), C, H, W)."""
    picture = sights.images[:1]
    mask = within(own, size)
    boxes = torch.cat([own.expand(len(WAYS_OF_HIDING), -1), _anywhere(own, size, sights.generator())])
    masks = within(boxes, size)[:, None]
    plain = mean_colour(picture).expand(RANDOM, -1, -1, -1)
    sigma = float(min(own[2] - own[0], own[3] - own[1])) / 2
    common = [mean_colour(picture), grey(sights.net, picture), blurred(picture, sigma)]
    within_box = torch.cat([*common, _colour_of(picture, ~mask), plain])
    around_box = torch.cat([*common, _colour_of(picture, mask), plain])
    return torch.cat([torch.where(masks, picture, around_box), torch.where(masks, within_box, picture)])


def _colour_of(picture: Tensor, mask: Tensor) -> Tensor:
    return (picture * mask).sum((2, 3), keepdim=True).expand_as(picture) / mask.sum()


def _anywhere(own: Tensor, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    extent = own[2:] - own[:2]
    room = torch.tensor(size, device=own.device) - extent
    start = (torch.rand((RANDOM, 2), generator=generator).to(own.device) * (room + 1)).long()
    return torch.cat([start, start + extent], 1)


def _answers(sights: Sights, inputs: Tensor) -> Floats:
    """Return what each unit does at its place for each of ``inputs`` (B, C, H, W): (U, B)."""
    units, many = len(sights.units), len(inputs)
    found = responses(
        sights.net,
        sights.layer.name,
        inputs.repeat(units, 1, 1, 1),
        sights.channel.repeat_interleave(many),
        sights.place.repeat_interleave(many, 0),
    )
    answers: Floats = found.reshape(units, many).double().cpu().numpy()
    return answers


def _overlap(fields: Tensor, own: Tensor, size: tuple[int, int]) -> Tensor:
    seen_pixels = within(fields, size)
    return (seen_pixels & within(own, size)).sum((1, 2)) / seen_pixels.sum((1, 2)).clamp(min=1)


# -- in words ----------------------------------------------------------------------------------------------------


def _finding(found: Boxed) -> Finding:
    difference = found.alone - found.hidden
    sentence = (
        f"{found.unit} is driven by {found.verdict}: with nothing but the box {_range(found.alone)} of its activation "
        f"is left, with the box hidden {_range(found.hidden)} (range over {len(difference)} ways of hiding)."
    )
    return Finding(
        question="box",
        value=float(np.median(difference)),
        sentence=sentence,
        baseline=mean(found.random_alone - found.random_hidden),
        compared_with="boxes of the same size anywhere in the picture",
        interval=Interval(float(difference.min()), float(difference.max())),
        caution="; ".join(_doubts(found, difference)),
    )


def _range(shares: Floats) -> str:
    low, high = portion(float(shares.min())), portion(float(shares.max()))
    return low if low == high else f"{low} to {high}"


def _doubts(found: Boxed, difference: Floats) -> list[str]:
    doubts = []
    if found.overlap == 0:
        doubts.append("its strongest place does not see the box at all")
    elif found.overlap == 1:
        doubts.append("its strongest place sees nothing but the box")
    if difference.min() < 0 < difference.max():
        doubts.append("the ways of hiding do not agree")
    if found.verdict in (VERDICTS[True, True], VERDICTS[False, False]):
        doubts.append("the box does not decide it")
    return doubts
