"""Networks whose every number is known beforehand, and ten pictures for them."""

from __future__ import annotations

import base64
import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import phosphene as ph
from phosphene.explore.live import Live
from phosphene.explore.site import Site
from phosphene.sources.picture import ImageSet, Picture, Pixels

SIDE = 8
COUNT = 10
RED, NOTHING, NOT_GREEN, BLUE = range(4)
"""The units of the convolution: red here, nothing, minus green here, the mean of blue over 3x3."""
NETWORK_CLASSES = ("dim", "bright")


class Hand(nn.Module):
    """The score of "bright" is the red light after pooling, that of "dim" one half."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act, self.pool = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.ReLU(), nn.MaxPool2d(2)
        self.fc = nn.Linear(4 * 16, 2)
        for weight in self.parameters():
            weight.requires_grad_(False).zero_()
        self.conv.weight[RED, 0, 1, 1] = 1
        self.conv.weight[NOT_GREEN, 1, 1, 1] = -1
        self.conv.weight[BLUE, 2] = 1 / 9
        self.fc.bias[0] = 0.5
        self.fc.weight[1, :16] = 1
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """Scores (N, 2) of pictures (N, 3, 8, 8) with values from 0 to 1."""
        self.calls += 1
        scores: Tensor = self.fc(torch.flatten(self.pool(self.act(self.conv(x))), 1))
        return scores


def network(classes: tuple[str, ...] | None = NETWORK_CLASSES) -> ph.Network:
    """Return the network made by hand: no preprocessing."""
    return ph.Network(Hand().eval(), classes=classes, input_size=(3, SIDE, SIDE), name="hand")


def spot(image: int) -> tuple[int, int]:
    """Return row and column of the red pixel of a picture."""
    return 3 * image % SIDE, 5 * image % SIDE


def red(image: int) -> float:
    """Return how red it is."""
    return 25 * image / 255


def cells(image: int) -> np.ndarray:
    """Return a black picture with one red pixel, the redder the higher its number; its ground is a little green."""
    made = np.zeros((SIDE, SIDE, 3), np.uint8)
    made[..., 1] = 4 * image
    made[*spot(image), 0] = 25 * image
    return made


def photo(image: int) -> Image.Image:
    """Return a picture as a page would give it."""
    return Image.fromarray(cells(image))


def inputs(image: int) -> Tensor:
    """Return what the network takes, (1, 3, 8, 8)."""
    return torch.from_numpy(cells(image).astype(np.float32) / 255).permute(2, 0, 1)[None]


def label(image: int) -> str:
    """Return the class of a picture."""
    return ("even", "odd")[image % 2]


def pictures(count: int = COUNT) -> ImageSet:
    """Return the pictures that are scanned."""
    made = [Picture(f"{label(i)}/{i:02}.png", label(i), Pixels(cells(i))) for i in range(count)]
    return ImageSet("spots", made, ("even", "odd"))


def live(net: ph.Network, atlas: object, uploads: dict[str, Image.Image] | None = None, images: object = None) -> Live:
    """Return what answers questions about ``net``."""
    return Live(Site(atlas, net, images), {} if uploads is None else uploads)


def opened(url: str) -> Image.Image:
    """Return the picture in a ``data:`` address."""
    head, body = url.split(",")
    assert head == "data:image/webp;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(body)))
    picture.load()
    return picture


def values(url: str, mode: str = "RGB") -> np.ndarray:
    """Return its pixels, (H, W, channels)."""
    return np.asarray(opened(url).convert(mode)).astype(int)


def cell(answer: dict, index: int, sprite: str = "sprite") -> np.ndarray:
    """Return the pixels (side, side, 4) of one cell of a sprite, RGBA."""
    row, column = divmod(index, answer["columns"])
    side = answer["cell"]
    return values(answer[sprite], "RGBA")[row * side : (row + 1) * side, column * side : (column + 1) * side]
