"""A layer's activations at random positions of many pictures, beside the colours that are seen there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.network import Network
from phosphene.story.colour import lab, local_means
from phosphene.story.material import Material
from phosphene.story.receptive import view_of_layer
from phosphene.story.survey import BATCH

POSITIONS = 200_000  # in all; more change no figure's second digit
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
    view = view_of_layer(net, layer)
    if view is None:
        raise ValueError(f"a position of {layer} has no window of its own")
    generator = torch.Generator().manual_seed(seed)
    parts = [_visited(net, layer, material, batch, view, len(rows), generator) for batch in rows.split(BATCH)]
    activation, colour = (torch.cat(part) for part in zip(*parts, strict=True))
    return Samples(activation, colour)


def _visited(net, layer, material, rows, view, pictures, generator):  # type: ignore[no-untyped-def]
    maps = net.record(material.inputs(net, rows), layer)[layer].float().cpu()
    colours = local_means(lab(material.pixels[rows]), view, (maps.shape[2], maps.shape[3]))
    area = maps.shape[2] * maps.shape[3]
    count = min(area, max(1, POSITIONS // pictures))
    chosen = torch.rand(len(rows), area, generator=generator).topk(count).indices
    return tuple(
        values.flatten(2).gather(2, chosen[:, None].expand(-1, values.shape[1], -1)).movedim(1, 2).flatten(0, 1)
        for values in (maps, colours)
    )
