"""What every part of docs/what-not-to-believe.md is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.draw.figure import Figure
from phosphene.draw.tile import Tile
from phosphene.evidence.similarity import cosine
from phosphene.evidence.squares import blurred
from phosphene.network import Network, Unit
from phosphene.project.picture import input_pictures, pictures
from phosphene.sheets.figures import GREY
from phosphene.sources.images import ImageSet

SEED = 1  # of every draw
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
CLIP = 99.0  # per cent of a tile's values that its scale shows; a few spots would grey all others
SCALE = f"{GREY} Each tile scaled to {CLIP:g} % of its own |values|; what lies beyond is clipped."
FINE = 2.0  # pixels: what a blur of this width takes away are a picture's fine lines


@dataclass(frozen=True)
class Part:
    """One part of the page: its pictures by their files' names, and its table, headings first."""

    name: str
    figures: dict[str, Figure]
    table: tuple[tuple[str, ...], ...]


def photographs(net: Network) -> Tensor:
    """Return whole photographs, made as small as the network takes them, as its inputs."""
    found = {picture.id: picture for picture in ph.images("samples")}
    return net.prepare([found[name] for name in PHOTOGRAPHS])


def windows(count: int) -> ImageSet:
    """Return windows of the photographs, drawn by lot."""
    return ph.images("samples:32").take(count, SEED)


def shown(net: Network, inputs: Tensor) -> tuple[Tile, ...]:
    """Return the network's inputs as tiles."""
    return tuple(map(Tile, input_pictures(net.scale.to_picture(inputs))))


def drawn(pixels: Tensor) -> tuple[Tile, ...]:
    """Return projections (K, C, H, W) as tiles."""
    found = pictures(pixels, "tile", CLIP)[0]
    return tuple(Tile(one, note="" if one else "nothing arrives", around_grey=True) for one in found)


def untrained(name: str) -> Network:
    """Return a bundled network with weights drawn as before any training (He et al. 2015), its norms at rest."""
    net = ph.load(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        for module in net.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
                module.reset_running_stats()
            elif isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    return net


def lively(net: Network, layer: str, inputs: Tensor, count: int) -> list[Unit]:
    """Draw units by lot among the half of a layer that is most active in every one of the pictures."""
    least = net.record(inputs, layer)[layer].amax((2, 3)).amin(0)
    half = least.argsort(descending=True)[: max(count, len(least) // 2)].numpy()
    return [Unit(layer, int(unit)) for unit in np.sort(np.random.default_rng(SEED).choice(half, count, replace=False))]


def fine_lines(net: Network, inputs: Tensor) -> Tensor:
    """Return what is left of pictures without their blur, all colours together: (N, 1, H, W)."""
    pictures = net.scale.to_picture(inputs)
    return (pictures - blurred(pictures, FINE)).sum(1, keepdim=True)


def likeness(a: Tensor, b: Tensor) -> float:
    """Return the mean of Pearson's r between pictures (K, ...) and their fellows, where both show something."""
    left, right = (values.flatten(1) - values.flatten(1).mean(1, keepdim=True) for values in (a, b))
    return float(cosine(left, right).nanmean())


def two(number: float) -> str:
    """Return a number with two decimals and a true minus sign."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def mean(values: Sequence[np.ndarray]) -> float:
    """Return the mean over several units' figures, what was not measured left out."""
    return float(np.nanmean(np.stack(values)))
