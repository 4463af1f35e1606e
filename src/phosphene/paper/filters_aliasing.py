"""How much of what a layer computes is too fine for the stride at which it is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.finding import Interval
from phosphene.evidence.measured import mean
from phosphene.paper.filters_calls import Call

SMALLEST = 8  # positions at stride 1: a shorter side has no spectrum worth the name


@dataclass(frozen=True, eq=False)
class Aliasing:
    """What a strided convolution or pooling folds.

    Attributes:
        layer: its name.
        kind: ``conv2d``, ``max_pool2d`` or ``avg_pool2d``.
        stride: (rows, columns), in pixels of its own input.
        share: (N,) of each picture's energy that is folded, all units together.
        units: (K,) the same of each unit, all pictures together.
    """

    layer: str
    kind: str
    stride: tuple[int, int]
    share: Floats
    units: Floats

    @property
    def mean(self) -> float:
        """The mean over pictures."""
        return mean(self.share)

    @property
    def interval(self) -> Interval | None:
        """Of the mean, by the bootstrap over pictures."""
        return mean_interval(self.share)

    @property
    def of_noise(self) -> float:
        """The share of an output that has the same energy at all frequencies."""
        return 1 - 1 / (self.stride[0] * self.stride[1])


def folded(dense: Tensor, stride: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return the energy of maps that a stride folds, and all of it: (N, K) each.

    Shift a layer's input by 0, 1 ... stride - 1 pixels down and across: each time the layer gives other samples of the
    same maps, and interleaved they are its output at stride 1, ``dense`` (N, K, H, W). Keeping every s-th of them
    holds frequencies up to 1 / 2s cycles a pixel; what is above takes on the looks of a lower frequency (Nyquist,
    Shannon), so that a shift of the input by one pixel is no shift of the output. The energy is that of the Fourier
    transform of the map, less its mean, under a Hann window, so that the picture's border and padding do not count.
    """
    windows = [torch.hann_window(n + 2, periodic=False).to(dense)[1:-1] for n in dense.shape[2:]]
    window = windows[0][:, None] * windows[1]
    dense = dense.contiguous()
    centred = dense - (dense * window).sum((2, 3), keepdim=True) / window.sum()
    power = torch.view_as_real(torch.fft.rfft2(centred * window)).square_().sum(-1)
    down = torch.fft.fftfreq(dense.shape[2], device=dense.device).abs()
    across = torch.fft.rfftfreq(dense.shape[3], device=dense.device)
    beyond = (down[:, None] > 0.5 / stride[0]) | (across > 0.5 / stride[1])
    twice = power.new_full(across.shape, 2.0)  # of a real map only half of the columns is computed
    twice[0] = 1.0
    if dense.shape[3] % 2 == 0:
        twice[-1] = 1.0
    weights = torch.stack([twice * beyond, twice.expand(beyond.shape)]).flatten(1)
    part, whole = (power.flatten(2) @ weights.T).unbind(-1)
    return part, whole


class Folding:
    """Gathers the energies of one layer, batch by batch."""

    def __init__(self, call: Call) -> None:
        self.call = call.name, call.kind, call.stride
        self._parts: list[tuple[Tensor, Tensor]] = []

    def add(self, call: Call) -> None:
        """Take in a batch."""
        self._parts.append(folded(call.dense().float(), call.stride))

    def found(self) -> Aliasing:
        """Return the shares; NaN where nothing varies."""
        beyond, whole = (torch.cat(parts).double().cpu().numpy() for parts in zip(*self._parts, strict=True))
        return Aliasing(*self.call, _share(beyond.sum(1), whole.sum(1)), _share(beyond.sum(0), whole.sum(0)))


def _share(part: Floats, whole: Floats) -> Floats:
    found: Floats = part / np.where(whole > 0, whole, np.nan)
    return found


def is_strided(call: Call) -> bool:
    """Whether a layer leaves out positions of maps that are large enough to have a spectrum."""
    return max(call.stride) > 1 and min(call.given["input"].shape[2:]) >= SMALLEST
