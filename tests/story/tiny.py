"""Two small random networks and ten generated pictures, for the tests of this folder and of the commands."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from phosphene.network import Network

SIDE = 16


class Two(nn.Module):
    """Two convolutions with a pool between them."""

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 4, 5, padding=2), nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2, self.relu2 = nn.Conv2d(4, 6, 3, padding=1), nn.ReLU()

    def forward(self, x):
        return self.relu2(self.conv2(self.pool1(self.relu1(self.conv1(x)))))


def network(name="tiny", seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Two().eval()
    return Network(model, input_size=(3, SIDE, SIDE), name=name)


def picture(seed):
    """Return a smooth colour picture with some noise in it."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.int64)
    return Image.fromarray((smooth + random.integers(-20, 21, smooth.shape)).clip(0, 255).astype(np.uint8))


def folder(path: Path, names=()):
    """Write ten pictures in two classes into `path`."""
    names = [*names, *(f"{index:02d}.png" for index in range(10 - len(names)))]
    for index, name in enumerate(names):
        place = path / ("cat", "dog")[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        picture(index).save(place / name)
    return path


def quiet(step, done=0, total=0):
    """Hear progress and say nothing."""
