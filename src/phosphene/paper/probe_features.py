"""The pooled features of every layer, of a network and of the same network before any training."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from phosphene.evidence.redrawn import redrawn
from phosphene.network import Network
from phosphene.paper.shown import Shown

INPUT = "pixels"
"""What the picture itself is called among the layers."""


def pooled(maps: Tensor, grid: int) -> Tensor:
    """Return the means of maps (N, C, H, W) over ``grid`` x ``grid`` parts, fewer on smaller maps: (N, F)."""
    height, width = maps.shape[2:]
    return F.adaptive_avg_pool2d(maps, (min(grid, height), min(grid, width))).flatten(1)


def features(
    net: Network, shown: Shown, layers: Sequence[str], grid: int, tell: Callable[[int], None]
) -> tuple[dict[str, Tensor], list[int]]:
    """Return the features of all pictures (N, F) by layer, the picture itself first, and which could be read."""
    parts: dict[str, list[Tensor]] = {name: [] for name in (INPUT, *layers)}
    read: list[int] = []
    for numbers, inputs in shown.batches():
        parts[INPUT].append(pooled(net.scale.to_picture(inputs), 4 * grid).double().cpu())
        for name, maps in net.record(inputs, layers).items():
            parts[name].append(pooled(maps, grid).double().cpu())
        read += numbers
        tell(len(numbers))
    return {name: torch.nan_to_num(torch.cat(part)) for name, part in parts.items()}, read


def untrained(net: Network, seed: int) -> Network:
    """Return a copy with the weights that the network's kind of modules begins with, drawn anew.

    Where a module does not know how it begins, its weights are normally distributed with their mean and deviation.
    """
    other = copy.copy(net)
    other.model = copy.deepcopy(net.model)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, module in other.model.named_modules():
            begin = getattr(module, "reset_parameters", None)
            if begin is not None:
                begin()
            elif next(module.parameters(recurse=False), None) is not None and not isinstance(module, nn.ParameterList):
                redrawn(other.model, name, "noise", generator)
    return other
