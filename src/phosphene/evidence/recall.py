"""Does the picture bring the unit back? The projection is fed to the network as if it were a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import Compared, dead, mean, portion, share
from phosphene.evidence.phrases import counted
from phosphene.evidence.sights import Sights
from phosphene.evidence.squares import mean_colour
from phosphene.network import Unit
from phosphene.project.rules import Way

SHUFFLES = 8
BLOCKS = 4  # along a field, that a shuffle moves


@dataclass(frozen=True)
class Recall:
    """Activations of a unit at its strongest places, (N,) each; NaN where it is not active.

    The projection is laid on the picture's mean colour, scaled until its values vary as much as those of the patch that
    the unit sees, and cut to the range of pictures.

    Attributes:
        unit: the unit.
        way: how the projection was made.
        value: for the picture itself; the raw patch on the mean colour gives the same.
        flat: for the mean colour alone.
        fed: for the scaled projection.
        shuffled: for the scaled projection with its blocks in another order, mean of `SHUFFLES` orders.
        raw_shuffled: for the raw patch with its blocks in another order, likewise.
    """

    unit: Unit
    way: Way
    value: Floats
    flat: Floats
    fed: Floats
    shuffled: Floats
    raw_shuffled: Floats

    def share(self, answer: Floats) -> Floats:
        """Return one of the answers as a share of the activation."""
        return share(answer, self.value, self.flat)

    @property
    def finding(self) -> Finding:
        """The activation for the projection, over the original."""
        return _finding(self) if np.isfinite(self.value).any() else dead("recall", self.unit, len(self.value))


def recall(sights: Sights, way: Way | None = None) -> tuple[Recall, ...]:
    """Feed each unit its own projections, made by ``way`` (deconvnet with switches if there is none)."""
    way = way or Way()
    crops = sights.crops
    flat = sights.frames.cut(mean_colour(sights.images), sights.row)
    fed = as_picture(sights, sights.pictures(way).own)
    orders = shuffles(sights.frames.field, sights.frames.size, SHUFFLES, sights.generator())
    inputs = torch.cat([torch.stack([flat, fed], 1), _reordered(fed, orders), _reordered(crops, orders)], 1)
    answers = sights.by_unit(sights.response(inputs)).numpy()
    value = sights.by_unit(sights.value).numpy()
    middle = 2 + SHUFFLES
    return tuple(
        Recall(
            unit, way, value[u], answers[u, :, 0], answers[u, :, 1], answers[u, :, 2:middle].mean(1),
            answers[u, :, middle:].mean(1),
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def as_picture(sights: Sights, projections: Tensor) -> Tensor:
    """Turn projections (P, C, h, w), in picture values, into inputs, as `Recall` says; empty ones into mean colour."""
    scale, inside = sights.net.scale, sights.frames.inside()[:, None]
    whole = scale.to_picture(sights.images)
    raw = scale.to_picture(sights.crops)
    factor = _spread(raw, inside) / _spread(projections, inside)
    ground = mean_colour(whole)[sights.row, :, :1, :1]
    laid = ground + torch.where(factor.isfinite(), factor, 0) * projections
    return sights.net.scale.to_inputs(laid.clamp(min(0.0, float(whole.min())), max(1.0, float(whole.max()))))


def _spread(pictures: Tensor, inside: Tensor) -> Tensor:
    """Return the root mean square deviation from each channel's mean, over the pixels ``inside``: (P, 1, 1, 1)."""
    count = inside.sum((2, 3), keepdim=True).clamp(min=1)
    mean = (pictures * inside).sum((2, 3), keepdim=True) / count
    return ((pictures - mean).square() * inside).sum((2, 3), keepdim=True).div(count).mean(1, keepdim=True).sqrt()


def shuffles(fields: Tensor, size: tuple[int, int], times: int, generator: torch.Generator) -> Tensor:
    """Return orders of the pixels of planes of ``size`` that shuffle the blocks of each field: (P, times, h * w)."""
    plane = torch.arange(size[0] * size[1]).reshape(size)
    found = [[_shuffled(plane, box, generator) for _ in range(times)] for box in fields.tolist()]
    return torch.stack([torch.stack(orders) for orders in found]).flatten(2).to(fields.device)


def _shuffled(plane: Tensor, box: list[int], generator: torch.Generator) -> Tensor:
    """Reorder the blocks in a box; rows and columns that fill no block stay."""
    top, left, bottom, right = box
    side = max(1, min(bottom - top, right - left) // BLOCKS)
    down, across = (bottom - top) // side, (right - left) // side
    plane = plane.clone()
    part = plane[top : top + down * side, left : left + across * side]
    blocks = part.reshape(down, side, across, side).transpose(1, 2).reshape(-1, side, side)
    mixed = blocks[torch.randperm(len(blocks), generator=generator)].reshape(down, across, side, side)
    part.copy_(mixed.transpose(1, 2).reshape(part.shape))
    return plane


def _reordered(pictures: Tensor, orders: Tensor) -> Tensor:
    """Return pictures (P, C, h, w) with their pixels in each of the orders: (P, times, C, h, w)."""
    flat = pictures.flatten(2)[:, None].expand(-1, orders.shape[1], -1, -1)
    return flat.gather(3, orders[:, :, None].expand(-1, -1, flat.shape[2], -1)).reshape(
        *orders.shape[:2], *pictures.shape[1:]
    )


# -- in words ----------------------------------------------------------------------------------------------------


def _finding(found: Recall) -> Finding:
    compared = Compared(found.share(found.fed), found.share(found.shuffled), "the same with its blocks shuffled")
    flat = mean(found.share(found.flat))
    sentence = (
        f"Fed to the network in place of the picture, the {found.way.rule} picture of {found.unit} brings back "
        f"{portion(mean(compared.value))} of its activation ({counted(len(found.value), 'picture')}); with its blocks "
        f"shuffled {portion(mean(compared.baseline))}, the mean colour alone {portion(flat)}, the raw patch with its "
        f"blocks shuffled {portion(mean(found.share(found.raw_shuffled)))}."
    )
    doubts = [] if compared.is_above else ["the picture drives the unit no more than its own shuffled blocks"]
    if mean(compared.value) < 0.25:
        doubts.append("what drives the unit is mostly not in the picture")
    if flat > 0.5:
        doubts.append("the mean colour alone gives most of it")
    if mean(compared.value) > 1:
        sentence += " Above 100 % it is an exaggeration of what the picture holds, not a copy."
    return compared.finding("recall", sentence, "; ".join(doubts))
