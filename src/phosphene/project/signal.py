"""The signal on its way back: one per unit, over the maps of the images it started from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Signal:
    """``values`` is (U, *shape of the forward tensor) for U units that share one forward pass.

    A signal that started from single units lives in one channel only until an operation mixes channels; then
    ``channel`` (U,) says which one, and ``values`` is (U, N, 1, H, W). Kept so, a layer of C units costs C times less.
    """

    values: Tensor
    channel: Tensor | None = None

    def with_values(self, values: Tensor) -> Signal:
        """Return the same signal with other values."""
        return Signal(values, self.channel)

    def dense(self, shape: tuple[int, ...]) -> Tensor:
        """Return the values over all channels, (U, *shape)."""
        if self.channel is None:
            return self.values
        full = self.values.new_zeros(len(self.values), *shape)
        full[torch.arange(len(full)), :, self.channel] = self.values[:, :, 0]
        return full

    def along(self, factor: Tensor) -> Tensor:
        """Return ``factor`` (of the forward shape, or broadcasting to it) as it meets this signal's values."""
        if self.channel is None or factor.ndim < 4 or factor.shape[1] == 1:
            return factor
        return factor[:, self.channel].movedim(1, 0).unsqueeze(2)


def add(a: Signal | None, b: Signal, shape: tuple[int, ...]) -> Signal:
    """Return the sum of two signals that arrive at the same place, a tensor of ``shape``."""
    if a is None:
        return b
    if a.channel is not None and b.channel is not None and torch.equal(a.channel, b.channel):
        return a.with_values(a.values + b.values)
    return Signal(a.dense(shape) + b.dense(shape))


def summed_to(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum (U, ...) over the dimensions along which a tensor of ``shape`` was broadcast in the forward pass."""
    if values.shape[1:] == shape:
        return values
    aligned = (1,) * (values.ndim - 1 - len(shape)) + shape
    dims = [i + 1 for i, n in enumerate(aligned) if n == 1 and values.shape[i + 1] != 1]
    return (values.sum(dims, keepdim=True) if dims else values).reshape(len(values), *shape)
