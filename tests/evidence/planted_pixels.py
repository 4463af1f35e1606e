"""Networks for the questions about pixels: untrained ones, a fooling unit, and units that see a whole picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import phosphene as ph
from phosphene.network import Unit

BLUE, RED = (0.1, 0.2, 0.9), (0.9, 0.1, 0.1)


class Untrained(nn.Module):
    """Three convolutions with random weights, two of them pooled: a position of `relu3` sees 22 x 22 pixels."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 16, 5, padding=2), nn.Conv2d(16, 24, 5, padding=2), None
            self.conv3 = nn.Conv2d(24, 32, 3, padding=1)
            self.fc = nn.Linear(32, 4)
            for conv in (self.conv1, self.conv2, self.conv3):
                nn.init.kaiming_normal_(conv.weight)
                nn.init.zeros_(conv.bias)
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        return self.fc(self.relu3(self.conv3(x)).mean((2, 3)))


def untrained(seed: int) -> ph.Network:
    return ph.Network(Untrained(seed).eval(), classes=("a", "b", "c", "d"), input_size=(3, 32, 32), name="untrained")


def lively(net: ph.Network, layer: str, x: Tensor, count: int) -> list[Unit]:
    """Return the ``count`` units of a layer that are most active in every one of the pictures."""
    least = net.record(x, layer)[layer].amax((2, 3)).amin(0)
    assert (least.topk(count).values > 0).all()
    return [Unit(layer, int(index)) for index in least.topk(count).indices]


class WholePicture(nn.Module):
    """Units that see the whole picture (layer ``act``, maps of 1 x 1).

    0: blue in what is around the middle. 1: red in the middle. 2: both at once, and neither alone. 3: nothing.
    """

    def __init__(self, size: int = 32) -> None:
        super().__init__()
        middle = torch.zeros(size, size)
        quarter = size // 4
        middle[quarter:-quarter, quarter:-quarter] = 1
        around = 1 - middle
        blue = torch.tensor([-0.5, -0.5, 1.0]).reshape(3, 1, 1) * around / around.sum()
        red = torch.tensor([1.0, -0.5, -0.5]).reshape(3, 1, 1) * middle / middle.sum()
        self.see = nn.Conv2d(3, 4, size)
        self.act = nn.ReLU()
        with torch.no_grad():
            self.see.weight.copy_(torch.stack([blue, red, blue + red, 0 * red]))
            self.see.bias.copy_(torch.tensor([0.0, 0.0, -0.9, 0.0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.see(x))


def object_picture(seed: int, size: int = 32) -> tuple[Tensor, tuple[int, int, int, int]]:
    """Return a red square in the middle of blue (1, 3, size, size), with noise, and its box (x0, y0, x1, y1)."""
    picture = torch.tensor(BLUE).reshape(1, 3, 1, 1).repeat(1, 1, size, size)
    quarter = size // 4
    picture[:, :, quarter:-quarter, quarter:-quarter] = torch.tensor(RED).reshape(1, 3, 1, 1)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed))
    return (picture + 0.05 * noise).clamp(0, 1), (quarter, quarter, size - quarter, size - quarter)


class Fooling(nn.Module):
    """A unit (``act:0``) that any picture drives by its dark upright bars, and a fine checkerboard far more.

    What drives it most is the checkerboard, which no natural picture holds. Unit 1 is the bars alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bars, self.board = nn.Conv2d(3, 1, 9, padding=4, bias=False), nn.Conv2d(3, 1, 9, padding=4, bias=False)
        self.act = nn.ReLU()
        rows, columns = torch.meshgrid(torch.arange(9), torch.arange(9), indexing="ij")
        bars = torch.where((columns >= 3) & (columns <= 5), -1.0, 0.5)
        board = 1.0 - 2.0 * ((rows + columns) % 2)
        with torch.no_grad():
            self.bars.weight.copy_(((bars - bars.mean()) / 81).expand(1, 3, 9, 9))
            self.board.weight.copy_(((board - board.mean()) / 81).expand(1, 3, 9, 9))

    def forward(self, x: Tensor) -> Tensor:
        bars = self.bars(x)
        fooled = torch.maximum(bars, 8 * self.board(x) - 1)
        return self.act(torch.cat([fooled, bars], 1))


class InPlace(nn.Module):
    """Writes everything in place, and adds what it has kept: hard for whoever keeps tensors of a run."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.conv1, self.conv2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
            self.conv3, self.fc = nn.Conv2d(6, 6, 3, padding=1), nn.Linear(12, 3)
        self.relu1, self.relu2 = nn.ReLU(inplace=True), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.conv1(x))
        y = self.conv2(x)
        self.relu2(y)  # in place, its answer not used
        x += y
        y *= 1.5
        z = F.relu_(self.conv3(x)).add_(y)
        z[:, 0] = z[:, 1] * 2
        return self.fc(torch.cat([z.mean((2, 3)), x.amax((2, 3))], 1))
