"""Random changes to a whole batch of pictures at once, as a few tensor operations.

Everything random is drawn for an epoch at a time from a generator of its own, so an epoch depends on nothing
but the seed and its number, and a resumed training repeats it exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.training.recipe import Recipe


@dataclass(frozen=True)
class Draws:
    """What chance decided for the pictures of one epoch (or a batch of them), each tensor ``(N, ...)``."""

    order: Tensor
    """Index of the picture."""
    flipped: Tensor
    """Whether it is mirrored left to right (bool)."""
    shift: Tensor
    """``(N, 2)``: offset (y, x) of the window in the padded picture, 0 to twice the recipe's shift."""
    hole: Tensor
    """``(N, 2)``: middle (y, x) of the square that is cut out."""

    def batches(self, size: int) -> Iterator[Draws]:
        """Consecutive parts of `size` pictures; the last may be smaller."""
        for start in range(0, len(self.order), size):
            part = slice(start, start + size)
            yield Draws(self.order[part], self.flipped[part], self.shift[part], self.hole[part])


def draw_epoch(count: int, side: int, recipe: Recipe, seed: int, epoch: int) -> Draws:
    """The draws of one epoch over `count` pictures of `side` pixels.

    Each picture is mirrored every other epoch, starting at random: less repetition than a fresh coin each
    time (K. Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024).
    """
    coin = torch.randint(2, (count,), generator=torch.Generator().manual_seed(seed))
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch + 1)
    order = torch.randperm(count, generator=generator)
    return Draws(
        order=order,
        flipped=((coin + epoch) % 2 == 1)[order],
        shift=torch.randint(2 * recipe.shift + 1, (count, 2), generator=generator),
        hole=torch.randint(side, (count, 2), generator=generator),
    )


def flip(pictures: Tensor, flipped: Tensor) -> Tensor:
    """`pictures` ``(N, C, H, W)``, mirrored left to right where `flipped` ``(N,)``."""
    return torch.where(flipped[:, None, None, None], pictures.flip(3), pictures)


def translate(pictures: Tensor, shift: Tensor, reach: int) -> Tensor:
    """`pictures` ``(N, C, H, W)`` padded by `reach` mirrored pixels, cut again at offset `shift` ``(N, 2)``."""
    if reach == 0:
        return pictures
    height, width = pictures.shape[2:]
    padded = F.pad(pictures, (reach,) * 4, mode="reflect")
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(len(pictures)), :, shift[:, 0], shift[:, 1]]


def cut_out(pictures: Tensor, hole: Tensor, side: int) -> Tensor:
    """`pictures` ``(N, C, H, W)`` with zeros in a square of `side` about `hole` ``(N, 2)``, clipped at the rim.

    After DeVries & Taylor, "Improved regularization of convolutional networks with cutout" (2017).
    """
    if side == 0:
        return pictures
    height, width = pictures.shape[2:]
    rows = _covered(hole[:, 0], side, height)
    columns = _covered(hole[:, 1], side, width)
    return pictures.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def _covered(middle: Tensor, side: int, length: int) -> Tensor:
    """``(N, length)``: which places lie in the `side` pixels about `middle` ``(N,)``."""
    distance = torch.arange(length) - (middle[:, None] - side // 2)
    return (distance >= 0) & (distance < side)
