"""A unit's answer to copies of what it sees: its mean colour alone, without colour, and turned upside down.

At one place of each picture, drawn by lot. Unlike a regression this lets the network do what is not linear in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phosphene.evidence.bootstrap import weights
from phosphene.evidence.finding import Interval
from phosphene.evidence.frames import field_of, within
from phosphene.network import Network, Unit

LUMA = (0.299, 0.587, 0.114)
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Copies:
    """What a unit does at one place of each picture, (N,) each."""

    own: Numbers
    flat: Numbers
    grey: Numbers
    turned: Numbers

    def told(self, copy: Numbers, draws: int = 400) -> tuple[float, Interval]:
        """Return the part of the variance that the answer to a copy explains, r squared, and its bootstrap interval."""
        figures = [_squared_r(self.own, copy, w) for w in weights(len(copy), draws)]
        low, high = np.nanquantile(figures, [0.025, 0.975])
        return _squared_r(self.own, copy, np.ones(len(copy))), Interval(float(low), float(high))


def copies(net: Network, unit: Unit, inputs: Tensor, places: Tensor | None = None, seed: int = 0) -> Copies:
    """Show a unit pictures (N, 3, H, W) and their copies, at ``places`` (N, 2) or at places drawn by lot."""
    own = _maps(net, unit, inputs)
    if places is None:
        lot = torch.Generator().manual_seed(seed)
        places = torch.stack([torch.randint(n, (len(own),), generator=lot) for n in own.shape[1:]], 1)
    made = (flat(net, unit, inputs, places), grey(net, inputs), turned(net, unit, inputs, places))
    answers = (own, *(_maps(net, unit, copied) for copied in made))
    return Copies(*(maps[torch.arange(len(maps)), places[:, 0], places[:, 1]].double().numpy() for maps in answers))


def _maps(net: Network, unit: Unit, inputs: Tensor) -> Tensor:
    assert unit.index is not None
    return torch.cat([net.record(some, unit.layer)[unit.layer][:, unit.index] for some in torch.split(inputs, 256)])


def flat(net: Network, unit: Unit, inputs: Tensor, places: Tensor) -> Tensor:
    """Return pictures of one colour each: the mean of what the unit sees from its place."""
    size = inputs.shape[2], inputs.shape[3]
    inside = within(field_of(net.layer(unit.layer), places, size), size)[:, None]
    return ((inputs * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True)).expand_as(inputs)


def grey(net: Network, inputs: Tensor) -> Tensor:
    """Return pictures without their colour."""
    luma = torch.einsum("nchw,c->nhw", net.scale.to_picture(inputs), torch.tensor(LUMA))
    return net.scale.to_inputs(luma[:, None].expand_as(inputs))


def turned(net: Network, unit: Unit, inputs: Tensor, places: Tensor) -> Tensor:
    """Return pictures in which what the unit sees from its place stands on its head."""
    found = inputs.clone()
    for picture, field in zip(
        found, field_of(net.layer(unit.layer), places, (found.shape[2], found.shape[3])), strict=True
    ):
        top, left, bottom, right = field.tolist()
        picture[:, top:bottom, left:right] = picture[:, top:bottom, left:right].flip(1)
    return found


def _squared_r(a: Numbers, b: Numbers, w: Numbers) -> float:
    a, b = (values - np.average(values, weights=w) for values in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((w @ (a * b)) ** 2 / ((w @ a**2) * (w @ b**2)))
