"""Random changes to a whole batch of pictures at once, as a few tensor operations.

Everything random is drawn for an epoch at a time from a generator of its own, so an epoch depends on nothing
but the seed and its number, and a resumed training repeats it exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.training.recipe import Course

TURN = math.radians(15)
"""A picture is turned by up to this angle either way."""
STRETCH = 0.22
"""Natural logarithm of the most by which it is stretched or shrunk, along each side on its own."""
LIGHT = 0.5
"""The most by which it becomes lighter or darker, in the colours' standard deviations."""
CONTRAST = 0.35
"""Natural logarithm of the most by which its contrast grows or falls."""
SATURATION = 0.6
"""The same for its colours' distance from grey."""


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
    """``(N, 2)``: middle (y, x) of the square that is replaced."""
    patch: Tensor
    """``(N,)``: side of the square that comes from the batch's next picture; 0 where nothing does."""
    turn: Tensor
    """``(N,)``: angle in radians, counter-clockwise as one looks at the picture."""
    stretch: Tensor
    """``(N, 2)``: factors of width and height."""
    colour: Tensor
    """``(N, 3)``: what is added in lightness, and the factors of contrast and saturation."""

    def batches(self, size: int) -> Iterator[Draws]:
        """Consecutive parts of `size` pictures; the last may be smaller."""
        for start in range(0, len(self.order), size):
            part = slice(start, start + size)
            yield Draws(*(getattr(self, field.name)[part] for field in fields(self)))


def draw_epoch(count: int, side: int, course: Course, seed: int, epoch: int) -> Draws:
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
        shift=torch.randint(2 * course.shift + 1, (count, 2), generator=generator),
        hole=torch.randint(side, (count, 2), generator=generator),
        patch=_patches(count, side, course.cutmix, generator),
        **_warps(count, course.warp, generator),
        colour=_recolourings(count, course.recolour, generator),
    )


def _patches(count: int, side: int, share: float, generator: torch.Generator) -> Tensor:
    """``(count,)``: for a `share` of the pictures the side of a square whose area is drawn evenly, else 0."""
    area = torch.rand(count, generator=generator)
    return torch.where(torch.rand(count, generator=generator) < share, side * area.sqrt(), 0).round().long()


def _warps(count: int, share: float, generator: torch.Generator) -> dict[str, Tensor]:
    """`turn` and `stretch`, which change a `share` of the pictures."""
    drawn = _some(count, 3, share, generator)
    return {"turn": drawn[:, 0] * TURN, "stretch": (drawn[:, 1:] * STRETCH).exp()}


def _recolourings(count: int, share: float, generator: torch.Generator) -> Tensor:
    """`colour`, which changes a `share` of the pictures."""
    light, contrast, saturation = _some(count, 3, share, generator).unbind(1)
    return torch.stack([light * LIGHT, (contrast * CONTRAST).exp(), (saturation * SATURATION).exp()], 1)


def _some(count: int, numbers: int, share: float, generator: torch.Generator) -> Tensor:
    """``(count, numbers)``: between -1 and 1 in a `share` of the rows, 0 in the others."""
    chosen = torch.rand(count, 1, generator=generator) < share
    return (torch.rand(count, numbers, generator=generator) * 2 - 1) * chosen


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


def warp(pictures: Tensor, turn: Tensor, stretch: Tensor) -> Tensor:
    """Float `pictures` ``(N, C, H, W)``, stretched by `stretch` ``(N, 2)`` (width, height), then turned by `turn`.

    Both about the middle; what comes from beyond the rim is the picture, mirrored there. Pictures that nothing
    changes come back as they were, not interpolated.
    """
    cos, sin, none = turn.cos(), turn.sin(), torch.zeros_like(turn)
    across = torch.stack([cos, -sin, none], 1) / stretch[:, :1]  # from where each new pixel comes
    down = torch.stack([sin, cos, none], 1) / stretch[:, 1:]
    grid = F.affine_grid(torch.stack([across, down], 1), list(pictures.shape), align_corners=False)
    warped = F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    changed = (turn != 0) | (stretch != 1).any(1)
    return torch.where(changed[:, None, None, None], warped, pictures)


def recolour(pictures: Tensor, colour: Tensor) -> Tensor:
    """Normalised `pictures` ``(N, C, H, W)`` with other lightness, contrast and saturation, `colour` ``(N, 3)``.

    Saturation is the distance of the colours from their mean at each pixel, contrast that of the pixels from
    the mean of the picture.
    """
    light, contrast, saturation = colour[:, :, None, None, None].unbind(1)
    pictures = torch.lerp(pictures.mean(1, keepdim=True), pictures, saturation)
    return torch.lerp(pictures.mean((1, 2, 3), keepdim=True), pictures, contrast) + light


def cut_out(pictures: Tensor, hole: Tensor, side: int) -> Tensor:
    """`pictures` ``(N, C, H, W)`` with zeros in a square of `side` about `hole` ``(N, 2)``, clipped at the rim.

    After DeVries & Taylor, "Improved regularization of convolutional networks with cutout" (2017).
    """
    if side == 0:
        return pictures
    covered = _covered(hole, torch.full((len(hole),), side), pictures)
    return pictures.masked_fill(covered[:, None], 0)


def paste(pictures: Tensor, hole: Tensor, side: Tensor) -> tuple[Tensor, Tensor]:
    """`pictures` with a square of `side` ``(N,)`` about `hole` from the next picture, and that square's share.

    The share ``(N,)`` of the picture that the square covers is the weight of the next picture's label. After
    Yun et al., "CutMix: regularization strategy to train strong classifiers" (2019).
    """
    covered = _covered(hole, side, pictures)
    return torch.where(covered[:, None], pictures.roll(-1, 0), pictures), covered.float().mean((1, 2))


def _covered(hole: Tensor, side: Tensor, pictures: Tensor) -> Tensor:
    """``(N, H, W)`` bool: the square of `side` ``(N,)`` about `hole` ``(N, 2)``."""
    rows, columns = (_within(hole[:, axis], side, length) for axis, length in enumerate(pictures.shape[2:]))
    return rows[:, :, None] & columns[:, None, :]


def _within(middle: Tensor, side: Tensor, length: int) -> Tensor:
    """``(N, length)``: which places lie in the `side` pixels about `middle` ``(N,)``."""
    distance = torch.arange(length) - (middle - side // 2)[:, None]
    return (distance >= 0) & (distance < side[:, None])
