"""The transpose of a 2-d convolution, for a batch of signals, each way as fast as it goes.

The textbook form is `conv_transpose2d`. Three others give the same numbers sooner: with stride 1 the transpose is a
plain convolution with turned filters; into few channels (the pixels) the polyphase form fills the processor's lanes;
and a signal that lives in one channel needs only that channel's filters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.geometry import pair
from phosphene.graph import saved
from phosphene.project.signal import Signal
from phosphene.project.step import Step

FEW = 5  # input channels up to which the polyphase form is the faster one


@dataclass(frozen=True)
class Convolution:
    """A forward convolution: its filters (C_out, C_in / groups, kh, kw), settings, and input shape (N, C_in, H, W)."""

    weight: Tensor
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    shape: tuple[int, ...]
    shared: Callable[[str, Callable[[], Tensor]], Tensor]

    @classmethod
    def of(cls, step: Step) -> Convolution:
        """Read the settings from a convolution's autograd node."""
        node = step.node
        stride, padding, dilation = (pair(saved(node, k)) for k in ("stride", "padding", "dilation"))
        weight, shape = saved(node, "weight").detach(), step.edges[0].shape
        return cls(weight, stride, padding, dilation, saved(node, "groups"), shape, step.shared)

    def without_padding(self, plane: tuple[int, int]) -> Convolution:
        """Return the same convolution of a window of (h, w) input pixels, all of which it touches."""
        return replace(self, padding=(0, 0), shape=(*self.shape[:2], *plane))

    @property
    def reach(self) -> tuple[int, int]:
        """How far the last tap of a filter is from its first, in rows and columns."""
        rows, columns = self.weight.shape[2:]
        return self.dilation[0] * (rows - 1), self.dilation[1] * (columns - 1)

    def back(self, signal: Signal) -> Signal:
        """Send ``signal`` from the convolution's output back to its input."""
        if signal.channel is not None:
            return self._from_one_channel(signal)
        units = len(signal.values)
        sent = self._from_all_channels(signal.values.flatten(0, 1))
        return Signal(sent.reshape(units, -1, *sent.shape[1:]))

    # -- from all channels ---------------------------------------------------------------------------------------

    def _from_all_channels(self, values: Tensor) -> Tensor:
        values = values.contiguous(memory_format=torch.channels_last)
        if self.groups == 1 and self.dilation == (1, 1) and self.shape[1] <= FEW and self.stride[0] == self.stride[1]:
            return self._polyphase(values)
        around = [r - p for r, p in zip(self.reach, self.padding, strict=True)]
        if self.stride == (1, 1) and self.groups == 1 and min(around) >= 0:
            return F.conv2d(values, self.shared("turned", self._turned), padding=around, dilation=self.dilation)
        return self._textbook(values)

    def _turned(self) -> Tensor:
        return self.weight.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)

    def _textbook(self, values: Tensor) -> Tensor:
        sides = zip(self.shape[2:], values.shape[2:], self.stride, self.padding, self.reach, strict=True)
        extra = [n - ((m - 1) * s - 2 * p + r + 1) for n, m, s, p, r in sides]
        return F.conv_transpose2d(
            values, self.weight, None, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _polyphase(self, values: Tensor) -> Tensor:
        """Compute a block of b x b pixels at once, as b * b times as many channels, and lay the blocks out.

        Pixel ``q = b j + f`` receives ``R[p] w[t]`` for ``p s - padding + t = q``; with ``b = m s`` that is
        ``p = m j + e``, ``e = (f + padding - t) / s``: a convolution of stride m whose taps are e.
        """
        stride = self.stride[0]
        block = stride if stride > 1 else 2
        taps = [_phases(k, stride, p, block) for k, p in zip(self.weight.shape[2:], self.padding, strict=True)]
        filters = self.shared(f"phases of {self.padding}", lambda: self._phase_filters(*taps))
        blocks = [-(-n // block) for n in self.shape[2:]]
        step = block // stride
        before = [-first for _, first in taps]
        after = [
            (n - 1) * step + tap.shape[1] - m - b
            for n, (tap, _), m, b in zip(blocks, taps, values.shape[2:], before, strict=True)
        ]
        if before != after or min(before) < 0:
            values, before = F.pad(values, (before[1], after[1], before[0], after[0])), [0, 0]
        sent = F.pixel_shuffle(F.conv2d(values, filters, stride=step, padding=before), block)
        return sent[..., : self.shape[2], : self.shape[3]]

    def _phase_filters(self, rows: tuple[Tensor, int], columns: tuple[Tensor, int]) -> Tensor:
        (row, _), (column, _) = rows, columns  # (phases, taps): which t of the filter, or -1
        padded = F.pad(self.weight, (0, 1, 0, 1))  # index -1 is a zero
        picked = padded[:, :, row[:, :, None, None], column[None, None]]  # (C, I, f, e, f', e')
        filters = picked.permute(1, 2, 4, 0, 3, 5).flatten(0, 2)
        return filters.contiguous(memory_format=torch.channels_last)

    # -- from one channel ----------------------------------------------------------------------------------------

    def _from_one_channel(self, signal: Signal) -> Signal:
        assert signal.channel is not None
        if signal.values.shape[3:] == (1, 1) and self.dilation == (1, 1) and self.padding == (0, 0):
            sent = signal.values * self.weight[signal.channel].unsqueeze(1)  # a single position sends its own filter
            return Signal(sent) if self.groups == 1 else self._into_groups(sent, signal)
        spread = _spread(signal.values[:, :, 0], self.stride)
        # Cut or fill so that an ordinary correlation with the turned filters ends at the input's size.
        before = [r - p for r, p in zip(self.reach, self.padding, strict=True)]
        after = [n + p - m for n, p, m in zip(self.shape[2:], self.padding, spread.shape[2:], strict=True)]
        framed = F.pad(spread, (before[1], after[1], before[0], after[0]))
        sent = _correlated(framed, self.weight[signal.channel].flip(2, 3), self.dilation)
        return Signal(sent) if self.groups == 1 else self._into_groups(sent, signal)

    def _into_groups(self, sent: Tensor, signal: Signal) -> Signal:
        """Place what one group received, (U, N, C_in / groups, H, W), among all channels."""
        assert signal.channel is not None
        group = signal.channel // (self.weight.shape[0] // self.groups)
        if self.weight.shape[1] == 1:
            return Signal(sent, group)
        full = sent.new_zeros(len(sent), self.shape[0], self.groups, self.weight.shape[1], *self.shape[2:])
        full[torch.arange(len(sent), device=full.device), :, group] = sent
        return Signal(full.flatten(2, 3))


def _phases(kernel: int, stride: int, padding: int, block: int) -> tuple[Tensor, int]:
    """Return for one axis which tap each phase f and offset e needs, (phases, offsets), -1: none; and the first e."""
    first = -((kernel - 1 - padding) // stride)
    last = (block - 1 + padding) // stride
    offsets = torch.arange(first, last + 1)
    taps = torch.arange(block)[:, None] + padding - stride * offsets[None]
    return torch.where((taps >= 0) & (taps < kernel), taps, -1), first


def _spread(values: Tensor, stride: tuple[int, int]) -> Tensor:
    """Put ``stride - 1`` zeros between neighbouring values of (U, N, H, W)."""
    if stride == (1, 1):
        return values
    units, images, height, width = values.shape
    spread = values.new_zeros(units, images, (height - 1) * stride[0] + 1, (width - 1) * stride[1] + 1)
    spread[:, :, :: stride[0], :: stride[1]] = values
    return spread


def _correlated(maps: Tensor, filters: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Correlate each unit's maps (U, N, H, W) with its filters (U, C, kh, kw): (U, N, C, H', W')."""
    units, images = maps.shape[:2]
    height, width = (n - d * (k - 1) for n, d, k in zip(maps.shape[2:], dilation, filters.shape[2:], strict=True))
    columns = F.unfold(maps.flatten(0, 1).unsqueeze(1), tuple(filters.shape[2:]), dilation)
    columns = columns.reshape(units, images, *columns.shape[1:]).transpose(2, 3)  # (U, N, H'W', kh kw)
    sent: Tensor = columns @ filters.flatten(2).transpose(1, 2).unsqueeze(1)  # (U, N, H'W', C)
    return sent.transpose(2, 3).reshape(units, images, -1, height, width)
