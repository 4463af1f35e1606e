"""The same figures by brute force: all activations of all images in memory, plain NumPy and scikit-image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.color import rgb2lab
from torch import nn

import phosphene as ph


class Small(nn.Module):
    """Two convolutions, one of which ends without a non-linearity, and a dead unit."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(6)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 5, 3, stride=2)
        with torch.no_grad():
            self.norm1.running_mean.uniform_(-0.5, 0.5)
            self.norm1.running_var.uniform_(0.5, 2)
            self.norm1.weight[3], self.norm1.bias[3] = 0, -1
            self.conv2.weight[2], self.conv2.bias[2] = self.conv2.weight[2].abs() * -1, -2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, 5, 3, 4) of pictures (N, 3, 14, 18)."""
        return self.conv2(self.pool(torch.relu(self.norm1(self.conv1(x)))))


SIZE = (14, 18)
LAYERS = ("relu", "conv2")


def network() -> ph.Network:
    """The small network, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return ph.Network(Small().eval(), input_size=(3, *SIZE), name="small")


def pictures(count: int = 500) -> torch.Tensor:
    """Random pictures of smooth and rough parts; values are whole 255ths, and some pictures are repeated."""
    draw = np.random.default_rng(3)
    rough = draw.random((count, *SIZE, 3))
    smooth = np.repeat(np.repeat(draw.random((count, 2, 3, 3)), 7, 1), 6, 2)
    mixed = (rough * draw.random((count, 1, 1, 1)) + smooth) / 2
    mixed[count // 2 : count // 2 + 20] = mixed[:20]  # ties
    return torch.from_numpy(np.round(mixed * 255) / 255).permute(0, 3, 1, 2).float().contiguous()


@dataclass(frozen=True)
class Everything:
    """All maps (N, C, H, W) of a layer."""

    maps: NDArray[np.float32]

    @property
    def peaks(self) -> NDArray[np.float32]:
        """(N, C)."""
        return self.maps.max((2, 3))

    def top(self, unit: int, length: int) -> list[tuple[int, int, float]]:
        """(image, position, value), strongest first, ties by image, positions by row-major order."""
        peaks = self.peaks[:, unit]
        order = sorted(range(len(peaks)), key=lambda i: (-peaks[i], i))[:length]
        return [(i, int(self.maps[i, unit].argmax()), float(peaks[i])) for i in order]


def visible(picture: torch.Tensor, box: tuple[int, int, int, int]) -> list[float]:
    """Lightness, colours, contrast and edges in a box (top, bottom, left, right) of one picture (3, H, W)."""
    lab = rgb2lab(picture.permute(1, 2, 0).double().numpy())
    light = np.pad(lab[..., 0], 1, mode="edge")
    gy, gx = (light[2:, 1:-1] - light[:-2, 1:-1]) / 2, (light[1:-1, 2:] - light[1:-1, :-2]) / 2
    top, bottom, left, right = box
    part = np.s_[top:bottom, left:right]
    straight, slanted = (gx**2 - gy**2)[part], (2 * gx * gy)[part]
    means = [lab[part][..., k].mean() for k in range(3)]
    edges = [np.maximum(v, 0).mean() for v in (straight, -straight, slanted, -slanted)]
    return [*means, lab[part][..., 0].std(), *edges]
