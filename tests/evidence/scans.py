"""Scans of small networks over planted pictures, for tests that need an atlas."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.atlas.reading import Atlas
from tests.evidence import planted


def scanned(net: ph.Network, pictures: Tensor, labels: list[str], out: Path, **options: object) -> Atlas:
    """Scan ``pictures`` (N, 3, H, W) whose values are whole 255ths."""
    layers = options.pop("layers", None)
    return ph.scan(net, planted.image_set(pictures, labels), out, layers, keep_images=False, **options)  # type: ignore[arg-type]


class Random(nn.Module):
    """Two convolutions nobody has trained."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 12, 5, padding=2), nn.ReLU()
        self.pool, self.conv2, self.relu2 = nn.MaxPool2d(2), nn.Conv2d(12, 16, 5, padding=2), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, 16, H / 2, W / 2)."""
        found: Tensor = self.relu2(self.conv2(self.pool(self.relu1(self.conv1(x)))))
        return found


class Noise(nn.Module):
    """Units that follow from the picture, but go with nothing in it: the last digits of sums of its values."""

    def __init__(self, units: int = 24) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, units, 5, padding=2).double()
        with torch.no_grad():
            self.conv.weight.mul_(1e5)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, units, H, W) from 0 to 1."""
        return torch.frac(self.conv(x.double()).abs()).float()


def untrained(kind: type[nn.Module], seed: int) -> ph.Network:
    """Return a network with weights drawn from ``seed``, without touching anybody else's draws."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ph.Network(kind().eval(), input_size=(3, 32, 32), name=kind.__name__.lower())


@cache
def planted_atlas(folder: Path) -> tuple[ph.Network, Atlas, Tensor]:
    """Return the planted network, a scan of 800 pictures drawn anew, and those in the order of the scan."""
    net = planted.network()
    pictures, labels = planted.pictures(800, planted.fresh_seed())
    return net, scanned(net, pictures, labels, folder / "planted.atlas", layers=["arrange", "act"]), pictures
