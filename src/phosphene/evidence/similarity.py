"""How alike two pictures are: the cosine of their values, and structural similarity."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOWS = (7, 5, 3)  # sides of the windows that structural similarity compares, the largest that fits
_STABLE = (0.01, 0.03)  # K1 and K2 of Wang et al.
_RANGE = 2.0  # of values from -1 to 1


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Return the cosine of each picture of ``a`` (B, ...) with its fellow in ``b``: (B,); NaN where one is empty."""
    left, right = (_unit_length(values.flatten(1).double()) for values in (a, b))
    return (left * right).sum(1)


def _unit_length(rows: Tensor) -> Tensor:
    length = rows.norm(dim=1, keepdim=True)
    return rows / torch.where(length > 0, length, torch.nan)


def ssim(a: Tensor, b: Tensor, where: Tensor) -> Tensor:
    """Return the structural similarity of signed pictures (B, C, H, W), over their boxes ``where`` (B, 4): (B,).

    Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment" (2004), with square windows as scikit-image has it.
    Each picture is first divided by its largest value, so the range is -1 to 1 and how loud a picture is does not
    count. A box is (top, left, bottom, right); only windows that lie in it whole are compared. NaN where a picture is
    empty or a box holds no window of three pixels.
    """
    left, right = (_unit_range(values.double()) for values in (a, b))
    sides = torch.minimum(where[:, 2] - where[:, 0], where[:, 3] - where[:, 1])
    window = next((side for side in WINDOWS if len(sides) and side <= int(sides.min())), WINDOWS[-1])
    if min(a.shape[-2:]) < window:
        return left.new_full((len(left),), torch.nan)
    return _averaged(_ssim_map(left, right, window).mean(1), where, window)


def _unit_range(pictures: Tensor) -> Tensor:
    largest = pictures.abs().amax((1, 2, 3), keepdim=True)
    return pictures / torch.where(largest > 0, largest, torch.nan)


def _ssim_map(a: Tensor, b: Tensor, window: int) -> Tensor:
    """Return the similarity of every window that lies in the picture, (B, C, H - window + 1, W - window + 1)."""

    def mean(values: Tensor) -> Tensor:
        return F.avg_pool2d(values, window, 1)

    sample = window**2 / (window**2 - 1)
    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = (sample * (mean(v * v) - m * m) for v, m in ((a, mean_a), (b, mean_b)))
    together = sample * (mean(a * b) - mean_a * mean_b)
    first, second = ((k * _RANGE) ** 2 for k in _STABLE)
    above = (2 * mean_a * mean_b + first) * (2 * together + second)
    return above / ((mean_a**2 + mean_b**2 + first) * (spread_a + spread_b + second))


def _averaged(maps: Tensor, where: Tensor, window: int) -> Tensor:
    """Average maps of windows (B, h, w) over those whose windows lie in the boxes."""
    rows, columns = (torch.arange(n, device=maps.device) for n in maps.shape[1:])
    top, left, bottom, right = (edge[:, None] for edge in where.to(maps.device).unbind(1))
    down = (rows >= top) & (rows + window <= bottom)
    across = (columns >= left) & (columns + window <= right)
    inside = down[:, :, None] & across[:, None]
    total = torch.where(inside, maps, 0).sum((1, 2))
    return total / torch.where(inside.any(2).any(1), inside.sum((1, 2)), torch.nan)
