"""How much of what a unit sees it needs: its patch alone, its patch hidden, and the same with the patch's middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.frames import within
from phosphene.evidence.measured import Compared, dead, mean, portion, share
from phosphene.evidence.phrases import counted
from phosphene.evidence.sights import Sights, chunks, seen
from phosphene.evidence.squares import mean_colour
from phosphene.network import Unit


@dataclass(frozen=True)
class Patch:
    """Activations of a unit, (N,) each; what is hidden shows the picture's mean colour. NaN where it is not active.

    Attributes:
        unit: the unit.
        value: at its strongest place, nothing hidden.
        flat: there, with nothing but the mean colour.
        only: there, with nothing but what it sees; the same as ``value`` but for rounding.
        hidden: there, with what it sees hidden.
        centre_only: there, with nothing but the middle of what it sees, half as high and half as wide.
        centre_hidden: there, with that middle hidden.
        corner_only: as ``centre_only`` with a corner of the same size, mean of the four.
        corner_hidden: as ``centre_hidden``, mean of the four corners.
        elsewhere: the strongest in the whole map, with what it sees hidden.
        elsewhere_random: the same with a patch of that size hidden anywhere.
        everything: whether what it sees is the whole picture.
    """

    unit: Unit
    value: Floats
    flat: Floats
    only: Floats
    hidden: Floats
    centre_only: Floats
    centre_hidden: Floats
    corner_only: Floats
    corner_hidden: Floats
    elsewhere: Floats
    elsewhere_random: Floats
    everything: bool

    def share(self, answer: Floats) -> Floats:
        """Return one of the answers as a share of the activation."""
        return share(answer, self.value, self.flat)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """How much the middle carries, and whether the unit finds as much elsewhere in the picture."""
        if not np.isfinite(self.value).any():
            return tuple(dead(name, self.unit, len(self.value)) for name in ("patch centre", "patch hidden"))
        return _centre(self), _elsewhere(self)


def patch(sights: Sights) -> tuple[Patch, ...]:
    """Show each unit parts of what it sees at its strongest places."""
    field = sights.frames.field
    middle, corners = _halves(field)
    crops, flat = sights.crops, sights.frames.cut(mean_colour(sights.images), sights.row)
    boxes = torch.stack([torch.zeros_like(field), field, middle, *corners], 1)  # the first is empty
    masks = within(boxes, sights.frames.size)[:, :, None]
    shown = torch.where(masks, crops[:, None], flat[:, None])
    hidden = torch.where(masks, flat[:, None], crops[:, None])
    alone, without = (sights.by_unit(sights.response(each)).numpy() for each in (shown, hidden))
    value = sights.by_unit(sights.value).numpy()
    elsewhere, at_random = (sights.by_unit(_peaks_without(sights, where)).numpy() for where in _patches(sights))
    everything = bool((seen(sights) == _picture(sights)).all())
    return tuple(
        Patch(
            unit, value[u], alone[u, :, 0], alone[u, :, 1], without[u, :, 1], alone[u, :, 2], without[u, :, 2],
            alone[u, :, 3:].mean(1), without[u, :, 3:].mean(1), elsewhere[u], at_random[u], everything,
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def _halves(field: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Return the boxes (P, 4) of each field's middle and of its four corners, half as high and as wide."""
    start, size = field[:, :2], field[:, 2:] - field[:, :2]
    half = (size + 1) // 2

    def box(down: Tensor, across: Tensor) -> Tensor:
        begin = start + torch.stack([down, across], 1)
        return torch.cat([begin, begin + half], 1)

    rest = size - half
    none = torch.zeros_like(rest)
    ends = [(a[:, 0], b[:, 1]) for a in (none, rest) for b in (none, rest)]
    return box(rest[:, 0] // 2, rest[:, 1] // 2), [box(*end) for end in ends]


def _picture(sights: Sights) -> Tensor:
    return torch.tensor([0, 0, *sights.images.shape[2:]], device=sights.images.device)


def _patches(sights: Sights) -> tuple[Tensor, Tensor]:
    """Return what each sight sees of its picture, and boxes of the same size anywhere in it, (P, 4) each."""
    field = seen(sights)
    size = field[:, 2:] - field[:, :2]
    room = _picture(sights)[2:] - size
    chance = torch.rand(room.shape, generator=sights.generator()).to(room.device)
    start = (chance * (room + 1)).long()
    return field, torch.cat([start, start + size], 1)


def _peaks_without(sights: Sights, boxes: Tensor) -> Tensor:
    """Return the largest of each sight's map with a box (P, 4) of its picture hidden: (P,)."""
    found = []
    for part in chunks(sights.images[sights.row[:1]].expand(len(boxes), -1, -1, -1)):
        images = sights.images[sights.row[part]]
        mask = within(boxes[part], (images.shape[2], images.shape[3]))[:, None]
        inputs = torch.where(mask, mean_colour(images), images).contiguous(memory_format=torch.channels_last)
        maps = sights.net.record(inputs, sights.layer.name)[sights.layer.name]
        found.append(maps[torch.arange(len(maps)), sights.channel[part]].amax((1, 2)))
    return torch.cat(found)


# -- in words ----------------------------------------------------------------------------------------------------


def _centre(found: Patch) -> Finding:
    what = "a corner of the same size"
    compared = Compared(found.share(found.centre_only), found.share(found.corner_only), what)
    flat = mean(found.share(found.flat))
    sentence = (
        f"The middle half of what {found.unit} sees keeps {_of(compared.value)} of its activation, the rest showing "
        f"the picture's mean colour; {what} keeps {_of(compared.baseline)}, the mean colour alone {portion(flat)} "
        f"({counted(int(np.isfinite(compared.value).sum()), 'picture')})."
    )
    doubts = [] if compared.is_above else ["the middle counts no more than the corners"]
    if flat > 0.5:
        doubts.append("the picture's mean colour alone gives most of it")
    return compared.finding("patch centre", sentence, "; ".join(doubts))


def _elsewhere(found: Patch) -> Finding:
    what = "a patch of the same size hidden anywhere"
    compared = Compared(found.share(found.elsewhere), found.share(found.elsewhere_random), what)
    left = _of(found.share(found.hidden))
    if found.everything:
        sentence = f"{found.unit} sees the whole picture; its mean colour alone leaves {left} of the activation."
        return compared.finding("patch hidden", sentence, "there is no elsewhere to compare with")
    sentence = (
        f"With the patch that {found.unit} sees hidden, {left} of its activation is left there, and the strongest "
        f"elsewhere in the picture is {_of(compared.value)} of it; with {what}: {_of(compared.baseline)}."
    )
    doubt = "" if compared.is_below else "what it answers to is as strong elsewhere in the same pictures"
    return compared.finding("patch hidden", sentence, doubt)


def _of(shares: Floats) -> str:
    return portion(mean(shares))
