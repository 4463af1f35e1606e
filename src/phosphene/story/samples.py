"""A layer's activations at random positions of many pictures, beside the colours that are seen there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.network import Network
from phosphene.story.colour import lab, local_means
from phosphene.story.material import Material
from phosphene.story.survey import BATCH

POSITIONS = 100_000  # in all; more change no figure's second digit
COLOURS = ("lightness", "green–red", "blue–yellow")


@dataclass(frozen=True)
class Samples:
    """What a layer says at P positions.

    Attributes:
        activation: (P, U).
        colour: (P, 3) lightness, green-red and blue-yellow (CIELAB), averaged over what the position sees.
    """

    activation: Tensor
    colour: Tensor


def sampled(net: Network, layer: str, material: Material, most: int, seed: int) -> Samples:
    """Visit up to ``most`` pictures, spread over the set, at the same number of random positions each."""
    rows = torch.linspace(0, len(material) - 1, min(most, len(material))).round().long()
    view = net.layer(layer).view
    if view is None:
        raise ValueError(f"a position of {layer} has no window of its own")
    generator = torch.Generator().manual_seed(seed)
    activation, colour = [], []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        maps = net.record(material.inputs(net, batch), layer)[layer].float().cpu()
        size = (maps.shape[2], maps.shape[3])
        chosen = _drawn(len(batch), size, POSITIONS // len(rows), generator)
        activation.append(_at(maps, chosen))
        colour.append(_at(local_means(lab(material.pixels[batch]), view, size), chosen))
    return Samples(torch.cat(activation), torch.cat(colour))


def _drawn(pictures: int, size: tuple[int, int], count: int, generator: torch.Generator) -> Tensor:
    """Return (pictures, count) different positions of each picture, at most all of them."""
    area = size[0] * size[1]
    return torch.rand(pictures, area, generator=generator).topk(min(area, max(1, count))).indices


def _at(maps: Tensor, chosen: Tensor) -> Tensor:
    """Take what (N, C, H, W) holds at (N, n) positions: (N * n, C)."""
    every = chosen[:, None].expand(-1, maps.shape[1], -1)
    return maps.flatten(2).gather(2, every).movedim(1, 2).flatten(0, 1)
