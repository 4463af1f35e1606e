"""The transpose of a 2-d convolution, for a batch of signals, each way as fast as it goes.

The textbook form is `conv_transpose2d`. Three others give the same numbers sooner: with stride 1 the transpose is a
plain convolution with turned filters; into few channels (the pixels), and with a stride, the polyphase form fills the
processor's lanes; and a signal that lives in one channel needs only that channel's filters, each unit its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.geometry import pair
from phosphene.graph import saved
from phosphene.project.polyphase import Polyphase
from phosphene.project.signal import Signal
from phosphene.project.step import Step

FEW = 5  # input channels up to which the polyphase form, or one convolution for each unit and channel, is the faster


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
            phases = self._polyphase
            filters = self.shared(f"phases of {self.padding}", lambda: phases.all_channels(self.weight))
            return phases.back(values, filters)
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

    @property
    def _polyphase(self) -> Polyphase:
        rows, columns = self.weight.shape[2:]
        return Polyphase(self.stride[0], self.padding, (rows, columns), (self.shape[2], self.shape[3]))

    # -- from one channel ----------------------------------------------------------------------------------------

    def _from_one_channel(self, signal: Signal) -> Signal:
        assert signal.channel is not None
        sent = self._each(signal.values[:, :, 0], self.weight.index_select(0, signal.channel))
        return Signal(sent) if self.groups == 1 else self._into_groups(sent, signal.channel)

    def _each(self, maps: Tensor, weight: Tensor) -> Tensor:
        """Send each unit's maps (U, N, H, W) back through its own filters (U, C, kh, kw): (U, N, C, H', W')."""
        if maps.shape[2:] == (1, 1) and self.dilation == (1, 1) and self.padding == (0, 0):
            return maps.unsqueeze(2) * weight.unsqueeze(1)  # a single position sends its filter
        if self.stride[0] == self.stride[1] > 1 and self.dilation == (1, 1):
            phases = self._polyphase
            sent = phases.back(maps.transpose(0, 1), phases.each_channel(weight), groups=len(maps))
            return sent.reshape(len(sent), *weight.shape[:2], *sent.shape[2:]).transpose(0, 1)
        spread = _spread(maps, self.stride)
        # Cut or fill so that an ordinary correlation with the turned filters ends at the input's size.
        before = [r - p for r, p in zip(self.reach, self.padding, strict=True)]
        after = [n + p - m for n, p, m in zip(self.shape[2:], self.padding, spread.shape[2:], strict=True)]
        framed = F.pad(spread, (before[1], after[1], before[0], after[0]))
        send = _by_depthwise if weight.shape[1] <= FEW else _by_products
        return send(framed, weight.flip(2, 3), self.dilation)

    def _into_groups(self, sent: Tensor, channel: Tensor) -> Signal:
        """Place what one group received, (U, N, C_in / groups, H, W), among all channels."""
        group = channel // (self.weight.shape[0] // self.groups)
        if self.weight.shape[1] == 1:
            return Signal(sent, group)
        full = sent.new_zeros(len(sent), self.shape[0], self.groups, self.weight.shape[1], *self.shape[2:])
        full[torch.arange(len(sent), device=full.device), :, group] = sent
        return Signal(full.flatten(2, 3))


def _spread(values: Tensor, stride: tuple[int, int]) -> Tensor:
    """Put ``stride - 1`` zeros between neighbouring values of (U, N, H, W)."""
    if stride == (1, 1):
        return values
    units, images, height, width = values.shape
    spread = values.new_zeros(units, images, (height - 1) * stride[0] + 1, (width - 1) * stride[1] + 1)
    spread[:, :, :: stride[0], :: stride[1]] = values
    return spread


def _by_depthwise(maps: Tensor, filters: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Correlate each unit's maps (U, N, H, W) with its filters (U, C, kh, kw): (U, N, C, H', W'). Fast for few C."""
    units, channels = filters.shape[:2]
    repeated = maps.transpose(0, 1).repeat_interleave(channels, 1)
    kernels = filters.flatten(0, 1).unsqueeze(1)
    sent = F.conv2d(repeated, kernels, dilation=dilation, groups=units * channels)
    return sent.reshape(len(sent), units, channels, *sent.shape[2:]).transpose(0, 1)


def _by_products(maps: Tensor, filters: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Do as `_by_depthwise`, by a matrix product for each map. Fast for many C."""
    units, images = maps.shape[:2]
    height, width = (n - d * (k - 1) for n, d, k in zip(maps.shape[2:], dilation, filters.shape[2:], strict=True))
    columns = F.unfold(maps.flatten(0, 1).unsqueeze(1), tuple(filters.shape[2:]), dilation)
    columns = columns.reshape(units, images, *columns.shape[1:]).transpose(2, 3)  # (U, N, H'W', kh kw)
    sent: Tensor = columns @ filters.flatten(2).transpose(1, 2).unsqueeze(1)  # (U, N, H'W', C)
    return sent.transpose(2, 3).reshape(units, images, -1, height, width)
