"""How a unit's activation runs along something visible: the mean, and where eight of ten values lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phosphene.draw.plots import Panel, Plot, Series, curves
from phosphene.network import Network, Unit
from phosphene.scan.seen import COLOUR, Planes

STEPS = 12
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Everywhere:
    """All positions of some pictures: a unit's ``values`` (N, H, W), and ``seen`` (N, H, W, F) of what they see."""

    values: Numbers
    seen: Numbers

    @classmethod
    def of(cls, net: Network, unit: Unit, inputs: Tensor) -> Everywhere:
        """Show pictures (N, 3, H, W) to the network."""
        parts = list(_parts(net, unit.layer, inputs))
        return cls(np.concatenate([maps[:, unit.index] for maps, _ in parts]), np.concatenate([s for _, s in parts]))

    def along(self, feature: str, name: str, colour: str) -> Panel:
        """Return the panel of the values over one visible feature, in steps that hold equally many positions."""
        order = np.argsort(self.seen[..., COLOUR.index(feature)], axis=None, kind="stable")
        steps = np.array_split(self.values.ravel()[order], STEPS)
        low, high = ([float(np.quantile(step, q)) for step in steps] for q in (0.1, 0.9))
        return Panel(name, [Series(colour, [float(step.mean()) for step in steps], (low, high))])


def bands(panels: Sequence[Panel], title: str) -> Plot:
    """Draw panels side by side; across them the positions from the lowest to the highest of what they are sorted by."""
    middles = [100 * (step + 0.5) / STEPS for step in range(STEPS)]
    return curves(panels, middles, "% of positions", title)


def _parts(net: Network, layer: str, inputs: Tensor) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    view = net.layer(layer).view
    for some in torch.split(inputs, 128):
        maps = net.record(some, layer)[layer].numpy()
        height, width = maps.shape[2:]
        places = np.broadcast_to(np.arange(height * width), (len(some), height * width))
        seen = Planes.of(net.scale.to_picture(some)).over(view, places, width)
        yield maps, seen.reshape(len(some), height, width, -1).astype(np.float32)
