"""The transpose of a strided convolution, a block of pixels at once.

Pixel ``q = b j + f`` receives ``R[p] w[t]`` for ``p s - padding + t = q``. With ``b = m s`` that is ``p = m j + e``,
``e = (f + padding - t) / s``: a plain convolution of stride m, whose taps are e, and whose b x b times as many channels
are the phases f. Its results are laid out as blocks of b x b pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Polyphase:
    """Settings of the forward convolution, the same stride both ways; ``size`` (H, W) is its input's."""

    stride: int
    padding: tuple[int, int]
    kernel: tuple[int, int]
    size: tuple[int, int]

    @property
    def block(self) -> int:
        """Pixels to a side of a block."""
        return max(self.stride, 2)

    def all_channels(self, weight: Tensor) -> Tensor:
        """Rearrange filters (C, I, kh, kw), for signals in all channels C at once: (I b b, C, taps, taps)."""
        return (
            self._picked(weight).permute(1, 2, 4, 0, 3, 5).flatten(0, 2).contiguous(memory_format=torch.channels_last)
        )

    def each_channel(self, weight: Tensor) -> Tensor:
        """Rearrange filters (U, I, kh, kw), for U signals in one channel each: (U I b b, 1, taps, taps)."""
        return self._picked(weight).permute(0, 1, 2, 4, 3, 5).flatten(0, 3).unsqueeze(1)

    def back(self, values: Tensor, filters: Tensor, groups: int = 1) -> Tensor:
        """Send ``values`` (N, C, h, w) back by rearranged filters: (N, I, H, W), or (N, U I, H, W) for U groups."""
        step = self.block // self.stride
        blocks = [-(-n // self.block) for n in self.size]
        before = [-first for first in self._first]
        after = [
            (n - 1) * step + taps - m - b
            for n, taps, m, b in zip(blocks, filters.shape[2:], values.shape[2:], before, strict=True)
        ]
        if before != after or min(before) < 0:
            values, before = F.pad(values, (before[1], after[1], before[0], after[0])), [0, 0]
        sent = _unfolded(F.conv2d(values, filters, stride=step, padding=before, groups=groups), self.block)
        return sent[..., : self.size[0], : self.size[1]]

    @property
    def _first(self) -> list[int]:
        """The first offset e of rows and of columns."""
        return [_first(kernel, padding, self.stride) for kernel, padding in zip(self.kernel, self.padding, strict=True)]

    def _picked(self, weight: Tensor) -> Tensor:
        """Pick the taps t of filters (C, I, kh, kw) that each phase and offset needs: (C, I, f, e, f', e')."""
        row, column = (
            torch.tensor(_taps(kernel, padding, self.stride, self.block), device=weight.device)
            for kernel, padding in zip(self.kernel, self.padding, strict=True)
        )
        padded = F.pad(weight, (0, 1, 0, 1))  # the last row and the last column are zeros
        index = row[:, :, None, None] * padded.shape[3] + column
        return padded.flatten(2).index_select(2, index.flatten()).view(*weight.shape[:2], *index.shape)


_AS_ONE = {4: torch.int32, 8: torch.int64, 16: torch.complex128}


def _unfolded(blocks: Tensor, side: int) -> Tensor:
    """Do as `pixel_shuffle`, but put what lies channels-last in plane order: a block's row is moved as one number."""
    row = _AS_ONE.get(side * blocks.element_size())
    if row is None or not blocks.is_contiguous(memory_format=torch.channels_last):
        return F.pixel_shuffle(blocks, side)
    images, _, height, width = blocks.shape
    rows = blocks.permute(0, 2, 3, 1).flatten().view(row).view(images, height, width, -1, side)
    in_planes = rows.permute(0, 3, 1, 4, 2).flatten()
    return in_planes.view(blocks.dtype).view(images, -1, height * side, width * side)


def _first(kernel: int, padding: int, stride: int) -> int:
    return -((kernel - 1 - padding) // stride)


@lru_cache(maxsize=64)
def _taps(kernel: int, padding: int, stride: int, block: int) -> list[list[int]]:
    """Return for one axis which tap each phase f and offset e needs, [phases][offsets]; ``kernel``: none."""
    offsets = range(_first(kernel, padding, stride), (block - 1 + padding) // stride + 1)
    wanted = [[phase + padding - stride * offset for offset in offsets] for phase in range(block)]
    return [[tap if 0 <= tap < kernel else kernel for tap in taps] for taps in wanted]
