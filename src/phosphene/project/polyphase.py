"""The transpose of a strided convolution, a block of pixels at once.

Pixel ``q = b j + f`` receives ``R[p] w[t]`` for ``p s - padding + t = q``. With ``b = m s`` that is ``p = m j + e``,
``e = (f + padding - t) / s``: a plain convolution of stride m, whose taps are e, and whose b x b times as many channels
are the phases f. Its results are laid out as blocks of b x b pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        sent = F.pixel_shuffle(F.conv2d(values, filters, stride=step, padding=before, groups=groups), self.block)
        return sent[..., : self.size[0], : self.size[1]]

    @property
    def _first(self) -> list[int]:
        """The first offset e of rows and of columns."""
        return [
            -((kernel - 1 - padding) // self.stride) for kernel, padding in zip(self.kernel, self.padding, strict=True)
        ]

    def _picked(self, weight: Tensor) -> Tensor:
        """Pick the taps t of filters (C, I, kh, kw) that each phase and offset needs: (C, I, f, e, f', e')."""
        row, column = map(self._taps, self.kernel, self.padding, self._first)
        padded = F.pad(weight, (0, 1, 0, 1))  # index -1 is a zero
        return padded[:, :, row[:, :, None, None], column[None, None]]

    def _taps(self, kernel: int, padding: int, first: int) -> Tensor:
        """Return for one axis which tap each phase f and offset e needs, (phases, offsets); -1: none."""
        offsets = torch.arange(first, (self.block - 1 + padding) // self.stride + 1)
        taps = torch.arange(self.block)[:, None] + padding - self.stride * offsets[None]
        return torch.where((taps >= 0) & (taps < kernel), taps, -1)
