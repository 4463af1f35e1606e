"""What is plainly visible, and what units do, at some positions of some pictures: the rows of a regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.regression import Sums
from phosphene.network import Network
from phosphene.scan import draws, seen

BATCH = 64
"""Pictures that go through the network together."""


@dataclass(frozen=True)
class Looks:
    """Deviations from the mean over all rows, float64; zero in rows that had NaN or infinity in them.

    Attributes:
        visible: (N, P, F) what can be seen at P positions of N pictures.
        units: (N, P, U) what the units do there.
    """

    visible: Floats
    units: Floats

    def sums(self) -> Sums:
        """Return the sums of products over all rows."""
        x, y = (rows.reshape(-1, rows.shape[-1]) for rows in (self.visible, self.units))
        return Sums(x.T @ x, x.T @ y, (y**2).sum(0))

    def drawn(self, weights: Floats) -> Sums:
        """Return the sums (draws, ...) when every picture counts as often as ``weights`` (draws, N) says."""
        x, y = self.visible, self.units
        rows = weights.sum(1) * x.shape[1]
        mean_x, mean_y = (weights @ values.sum(1) for values in (x, y))
        own = _weighted(weights, x, x) - mean_x[:, :, None] * mean_x[:, None] / rows[:, None, None]
        crossed = _weighted(weights, x, y) - mean_x[:, :, None] * mean_y[:, None] / rows[:, None, None]
        return Sums(own, crossed, weights @ (y**2).sum(1) - mean_y**2 / rows[:, None])

    def shuffled(self, times: int, seed: int) -> Sums:
        """Return the sums (times, ...) when every picture's units meet what is visible in another picture."""
        draw = np.random.default_rng(seed)
        x, y = (rows.reshape(-1, rows.shape[-1]) for rows in (self.visible, self.units))
        crossed = [x.T @ self.units[draw.permutation(len(self.units))].reshape(-1, y.shape[1]) for _ in range(times)]
        return Sums(np.broadcast_to(x.T @ x, (times, x.shape[1], x.shape[1])), np.stack(crossed), (y**2).sum(0))


def look(net: Network, layer: str, units: Sequence[int], inputs: Tensor, positions: int, seed: int = 0) -> Looks:
    """Show ``inputs`` (N, C, H, W) to the network and look at ``positions`` places of each, as a scan does."""
    hashes = np.random.default_rng(seed).integers(0, 2**64, len(inputs), np.uint64)
    visible, values = [], []
    for first in range(0, len(inputs), BATCH):
        some = slice(first, first + BATCH)
        maps = net.record(inputs[some], layer)[layer][:, list(units)]
        places = draws.positions(hashes[some], positions, maps.shape[2] * maps.shape[3])
        flat = maps.flatten(2).double().cpu().numpy()
        values.append(np.take_along_axis(flat, places[:, None], 2).transpose(0, 2, 1))
        planes = seen.Planes.of(net.scale.to_picture(inputs[some].float().cpu()))
        view = net.layer(layer).view
        visible.append(planes.over(view, places, maps.shape[3]).reshape(*places.shape, -1))
    return _centred(np.concatenate(visible), np.concatenate(values))


def _centred(visible: Floats, units: Floats) -> Looks:
    good = np.asarray(np.isfinite(visible).all(-1) & np.isfinite(units).all(-1))
    if not good.any():
        return Looks(np.zeros_like(visible), np.zeros_like(units))
    x, y = (np.where(good[..., None], rows - rows[good].mean(0), 0.0) for rows in (visible, units))
    return Looks(x, y)


def _weighted(weights: Floats, a: Floats, b: Floats) -> Floats:
    """Return sums of products over the positions of each picture, weighted, (draws, A, B)."""
    each = np.einsum("npa,npb->nab", a, b, optimize=True)
    found: Floats = (weights @ each.reshape(len(each), -1)).reshape(-1, *each.shape[1:])
    return found
