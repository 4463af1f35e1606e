"""Squares that hide parts of pictures: where they lie, and what they show instead."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.network import Network

FILLS = ("grey", "blurred")
_OVERLAP = 1.5  # sides of squares over the distance between them


def side_of(fields: Tensor, across: int) -> int:
    """Return the side of each of ``across`` squares along the largest of the fields (P, 4)."""
    largest = int((fields[:, 2:] - fields[:, :2]).max())
    return max(1, round(_OVERLAP * largest / across))


def squares(fields: Tensor, across: int) -> Tensor:
    """Lay ``across`` x ``across`` overlapping squares over each field (P, 4): (P, K, 4), top, left, bottom, right.

    Their side and their distance follow from the largest field; a field of few pixels gets fewer squares.
    """
    largest, side = int((fields[:, 2:] - fields[:, :2]).max()), side_of(fields, across)
    steps = torch.linspace(0, 1, max(1, min(across, largest - side + 1)), device=fields.device)
    top, left = (
        (fields[:, axis, None] + (fields[:, axis + 2] - fields[:, axis] - side).clamp(min=0)[:, None] * steps).round()
        for axis in (0, 1)
    )
    tops = top[:, :, None].expand(-1, -1, len(steps)).flatten(1).long()
    lefts = left[:, None].expand(-1, len(steps), -1).flatten(1).long()
    ends = [torch.minimum(start + side, fields[:, axis, None]) for start, axis in ((tops, 2), (lefts, 3))]
    return torch.stack([tops, lefts, *ends], 2)


def grey(net: Network, images: Tensor) -> Tensor:
    """Return mid-grey pictures like ``images``: 0.5 in picture values."""
    return net.scale.to_inputs(torch.full_like(images[:, :, :1, :1], 0.5)).expand_as(images)


def mean_colour(images: Tensor) -> Tensor:
    """Return pictures (B, C, H, W) of nothing but each one's mean colour."""
    return images.mean((2, 3), keepdim=True).expand_as(images)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Return ``images`` (B, C, H, W) behind a Gaussian blur of ``sigma`` pixels, mirrored at the borders."""
    for axis in (2, 3):
        reach = min(max(1, round(3 * sigma)), images.shape[axis] - 1)
        taps = torch.exp(-(torch.arange(-reach, reach + 1, device=images.device) ** 2) / (2 * sigma**2)).to(images)
        shape, edges = ([-1, 1], (0, 0, reach, reach)) if axis == 2 else ([1, -1], (reach, reach, 0, 0))
        kernel = (taps / taps.sum()).reshape(1, 1, *shape)
        flat = F.pad(images.flatten(0, 1)[:, None], edges, mode="reflect")
        images = F.conv2d(flat, kernel).reshape(images.shape)
    return images


def strength(pictures: Tensor, masks: Tensor) -> Tensor:
    """Return the mean size of the values of ``pictures`` (P, ..., C, h, w) in each of ``masks`` (P, K, h, w).

    The result is (P, ..., K).
    """
    size = pictures.abs().sum(-3).flatten(-2).double()
    flat = masks.flatten(2).double()
    weights = flat / flat.sum(2, keepdim=True).clamp(min=1)
    return torch.einsum("p...x,pkx->p...k", size, weights)


def edges(images: Tensor) -> Tensor:
    """Return how steep pictures (P, C, h, w) are at every pixel, by Sobel's filters: (P, C, h, w)."""
    smooth, slope = torch.tensor([1.0, 2.0, 1.0]).to(images), torch.tensor([-1.0, 0.0, 1.0]).to(images)
    flat = F.pad(images.flatten(0, 1)[:, None], (1, 1, 1, 1), mode="replicate")
    down, across = (
        F.conv2d(flat, kernel.reshape(1, 1, 3, 3)) for kernel in (slope[:, None] * smooth, smooth[:, None] * slope)
    )
    return torch.hypot(down, across).reshape(images.shape)
