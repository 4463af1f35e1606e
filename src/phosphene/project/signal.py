"""The signal on its way back: one per unit, over the maps of the images it started from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.project.window import Window


@dataclass(frozen=True)
class Signal:
    """``values`` is (U, *shape of the forward tensor) for U units that share one forward pass.

    No two signals share values: whoever is given one may work on it in place.

    Two things keep it small. A signal that started from single units lives in one channel only until an operation
    mixes channels: then ``channel`` (U,) says which, and ``values`` is (U, N, 1, H, W). A signal that started from
    single positions lives in a window of the plane: then ``window`` says where, and ``values`` is (U, N, C, h, w).
    What of it lies outside the plane means nothing; `inside` clears it before it could spread.
    """

    values: Tensor
    channel: Tensor | None = None
    window: Window | None = None

    def with_values(self, values: Tensor) -> Signal:
        """Return the same signal with other values."""
        return Signal(values, self.channel, self.window)

    def stored_as(self, dtype: torch.dtype, device: torch.device) -> Signal:
        """Return the same signal in another number format or on another device."""
        if (self.values.dtype, self.values.device) == (dtype, device):
            return self
        channel = None if self.channel is None else self.channel.to(device)
        window = None if self.window is None else self.window.on(device)
        return Signal(self.values.to(device, dtype), channel, window)

    def of_units(self, part: slice) -> Signal:
        """Return the signals of some units."""
        channel = None if self.channel is None else self.channel[part]
        window = None if self.window is None else self.window.of_units(part)
        return Signal(self.values[part], channel, window)

    def plane(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return (h, w) of the values of a signal at a tensor of ``shape``: the window's, or the whole plane's."""
        return self.window.size if self.window is not None else (shape[-2], shape[-1])

    def inside(self, shape: tuple[int, ...]) -> Signal:
        """Return the same signal with zeros where its window overhangs the plane of a tensor of ``shape``."""
        if self.window is None:
            return self
        return self.with_values(self.window.cleared(self.values, shape))

    def dense(self, shape: tuple[int, ...]) -> Tensor:
        """Return the values over all channels and the whole plane, (U, *shape)."""
        return self.whole(shape).all_channels(shape).values

    def all_channels(self, shape: tuple[int, ...]) -> Signal:
        """Return the same signal with all the channels of a tensor of ``shape`` (N, C, H, W) written out."""
        if self.channel is None:
            return self
        units, images, _, *plane = self.values.shape
        full = self.values.new_zeros(units, images, shape[1], *plane)
        full[torch.arange(units, device=full.device), :, self.channel] = self.values[:, :, 0]
        return Signal(full, window=self.window)

    def whole(self, shape: tuple[int, ...]) -> Signal:
        """Return the same signal over the whole plane of a tensor of ``shape`` (N, C, H, W)."""
        if self.window is None:
            return self
        return Signal(self.window.pasted(self.values, shape), self.channel)

    def along(self, factor: Tensor) -> Tensor:
        """Return ``factor`` (of the forward shape, or broadcasting to it) as it meets this signal's values."""
        if self.channel is not None and factor.ndim == 4 and factor.shape[1] > 1:
            factor = factor[:, self.channel].movedim(1, 0).unsqueeze(2)  # (U, N, 1, H, W)
        if self.window is None or factor.shape[-2:] == (1, 1):
            return factor
        return _cut_each(self.window, factor) if factor.ndim == 5 else self.window.cut(factor)


def _cut_each(window: Window, factor: Tensor) -> Tensor:
    """Cut each unit's windows out of its own plane: ``factor`` (U, N, 1, H, W) to (U, N, 1, h, w)."""
    image, row, column = window.indices(tuple(factor.shape))
    unit = torch.arange(len(factor), device=factor.device)[:, None, None, None]
    return factor.expand(-1, window.places.positions.shape[1], -1, -1, -1)[unit, image, 0, row, column].unsqueeze(2)


def add(a: Signal | None, b: Signal, shape: tuple[int, ...]) -> Signal:
    """Return the sum of two signals that arrive at the same place, a tensor of ``shape``."""
    if a is None:
        return b
    if not (a.channel is not None and b.channel is not None and torch.equal(a.channel, b.channel)):
        a, b = a.all_channels(shape), b.all_channels(shape)
    both = a.window.joined(b.window) if a.window and b.window else None
    if a.window and b.window and both:
        total = a.window.widened(a.values, both).add_(b.window.widened(b.values, both))
        return Signal(total, a.channel, both)
    return Signal(a.whole(shape).values.add_(b.whole(shape).values), a.channel)


def summed_to(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum (U, ...) over the dimensions along which a tensor of ``shape`` was broadcast in the forward pass."""
    if values.shape[1:] == shape:
        return values
    aligned = (1,) * (values.ndim - 1 - len(shape)) + shape
    dims = [i + 1 for i, n in enumerate(aligned) if n == 1 and values.shape[i + 1] != 1]
    return (values.sum(dims, keepdim=True) if dims else values).reshape(len(values), *shape)
