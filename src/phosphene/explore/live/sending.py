"""Units sent back to pixels, and cut to what they see."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from phosphene.explore.live.asked import Asked
from phosphene.explore.live.lattice import Lattice
from phosphene.network import Network, Unit
from phosphene.project import HeldFixedWarning, Position, Projection, Rule, Unpool, project
from phosphene.project.picture import CLIP, LARGE
from phosphene.project.rules import Treatment


@dataclass(frozen=True)
class Sending:
    """How units are sent back to pixels, by which network."""

    net: Network
    rule: Rule
    unpool: Unpool
    position: Position

    @classmethod
    def of(cls, net: Network, asked: Asked, position: Position) -> Sending:
        """Read it from a question; ``position`` where it names none."""
        return cls(net, asked.rule, asked.unpool, asked.position(position))

    def back(self, inputs: Tensor, units: Sequence[Unit]) -> Projection:
        """Send units of one layer back to inputs (N, C, H, W)."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeldFixedWarning)  # `held` says it on the page
            return project(self.net, inputs, list(units), self.rule, self.unpool, self.position)


def held(sent: Projection) -> str:
    """Say which operations have no rule of their own; empty where all have one."""
    if sent.way.rule == "gradient":
        return ""
    layers = list(dict.fromkeys(used.layer for used in sent.rules_used if used.treatment == Treatment.HELD))
    if not layers:
        return ""
    named = ", ".join(layers[:3]) + (f" and {len(layers) - 3} more" if len(layers) > 3 else "")
    return f"{sent.way.rule} has no rule for {named}: sent back by the gradient, other factors held fixed."


def note(*sentences: str) -> str:
    """Put what there is to say into one line."""
    return " ".join(sentence for sentence in sentences if sentence)


def patches(sent: Projection, net: Network) -> tuple[Tensor, Tensor]:
    """Cut pictures, and a unit's projections, to what the places of ``sent`` see: (N, C, h, w) picture values, each.

    Beyond the picture's edge there is the network's padding, and nothing of a projection.
    """
    size = (sent.inputs.shape[2], sent.inputs.shape[3])
    layer = net.layer(sent.units[0].layer)
    lattice = Lattice(layer.view, layer.size, size)
    boxes = [lattice.box((y, x)) for y, x in sent.places[0].tolist()]
    channels = sent.inputs.shape[1]
    beyond, nothing = net.scale.to_picture(torch.zeros(1, channels, 1, 1)).flatten(), torch.zeros(channels)
    cut = torch.stack([box.cut(one, beyond) for box, one in zip(boxes, sent.inputs, strict=True)])
    return cut, torch.stack([box.cut(one, nothing) for box, one in zip(boxes, sent.pixels[0], strict=True)])


def clip_of(pixels: Tensor) -> float:
    """Return where the scale of pictures (..., H, W) ends, as a percentile of their values.

    In large ones a few strong values would darken, or grey, all others.
    """
    return CLIP if max(pixels.shape[-2:]) > LARGE else 100.0


def reduced(pixels: Tensor, side: int) -> Tensor:
    """Reduce signed pictures (K, C, H, W) to ``side`` at most: of the pixels that fall together, the strongest.

    A mean would let fine lines above and below zero cancel to grey; NaN stays to be seen.
    """
    height, width = pixels.shape[-2:]
    if max(height, width) <= side:
        return pixels
    size = max(1, height * side // max(height, width)), max(1, width * side // max(height, width))
    strength = pixels.abs().amax(1).nan_to_num(nan=torch.inf, posinf=torch.inf)
    place = F.adaptive_max_pool2d(strength, size, return_indices=True)[1]
    index = place.flatten(1)[:, None].expand(-1, pixels.shape[1], -1)
    return pixels.flatten(2).gather(2, index).reshape(*pixels.shape[:2], *size)
