"""One pass of all pictures through a network: how strongly, and where, each unit answers to each picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.network import Network
from phosphene.story.material import Material, Progress

BATCH = 128  # small pictures at a time: larger batches leave the processor's cache and are slower


@dataclass(frozen=True)
class Peaks:
    """The maximum of every unit's map over every picture.

    Attributes:
        value: (N, U).
        place: (N, U) index into the map, row by row; the first one on ties.
        size: (H, W) of the maps.
    """

    value: Tensor
    place: Tensor
    size: tuple[int, int]

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return self.value.shape[1]

    @property
    def alive(self) -> Tensor:
        """(U,) whether the unit is above zero anywhere."""
        return self.value.amax(0) > 0

    def position(self, row: int, unit: int) -> tuple[int, int]:
        """Return row and column of a peak in the map."""
        y, x = divmod(int(self.place[row, unit]), self.size[1])
        return y, x


def survey(
    net: Network, material: Material, layers: Sequence[str], most: int, progress: Progress, batch: int = BATCH
) -> dict[str, Peaks]:
    """Find the peaks of every unit of ``layers`` on the first ``most`` pictures (a story's order has no meaning)."""
    count = min(most, len(material))
    found: dict[str, list[tuple[Tensor, Tensor]]] = {layer: [] for layer in layers}
    sizes: dict[str, tuple[int, int]] = {}
    for start in range(0, count, batch):
        rows = slice(start, min(start + batch, count))
        for layer, maps in net.record(material.inputs(net, rows), list(layers)).items():
            value, place = maps.flatten(2).max(2)
            found[layer].append((value.float().cpu(), place.to(torch.int32).cpu()))
            sizes[layer] = (maps.shape[2], maps.shape[3])
        progress(f"showing {count:,} pictures to {net.name}", rows.stop, count)
    return {layer: _joined(parts, sizes[layer]) for layer, parts in found.items()}


def _joined(parts: list[tuple[Tensor, Tensor]], size: tuple[int, int]) -> Peaks:
    values, places = zip(*parts, strict=True)
    return Peaks(torch.cat(values), torch.cat(places), size)


def relus(net: Network) -> list[str]:
    """Return, for every convolution of the network, the layer in which its units are rectified."""
    names: list[str] = []
    waiting = False
    for layer in net.layers():
        waiting = waiting or layer.kind == "conv2d"
        if waiting and "relu" in layer.kind:
            names.append(layer.name)
            waiting = False
    return names
