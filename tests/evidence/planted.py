"""A network whose units' causes are known because they were put there, and pictures to show it.

`Planted` has the layers ``detect`` (a convolution), ``arrange`` (every unit, before the non-linearity), ``act`` (after
it) and ``fc`` (three classes). A unit's index in ``arrange`` and ``act`` is that of its name in `UNITS`:
``index("upright")``, ``address("upright")``.

Directions are those of stripes, counted counter-clockwise from the level in degrees: 90 is upright, 45 rises to the
right. Frequencies are cycles per pixel.
"""

from __future__ import annotations

import secrets
import sys

import numpy as np
import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.sources.picture import ImageSet, Picture, Pixels

FIELD = 11
"""Pixels a side of what a unit sees."""
LINEAR = (
    "green",  # greenness: green less red and blue
    "dark",  # one half less the brightness: fires in dark places
    "red-green",  # red minus green
    "upright",  # an edge detector: stripes at 90 degrees
    "slanted",  # stripes at `angle`
    "checks",  # a checkerboard with squares of `scale` pixels
    "copy",  # the same as "upright"
    "scaled",  # 2.5 times "slanted"
    "negated",  # minus "checks"
    "dead",  # nothing at all
    "background",  # dark around, whatever is in the centre
    "marker",  # magenta: on in every picture of the class "marked", and in no other
    "unread",  # brightness; nothing downstream reads it
    "blue",  # blue less red and green, the first half of "two"
    "level",  # 3.8 times stripes at 0 degrees, the other half of "two"
)
SHAPED = (
    "two",  # the larger of "blue" and of "level": two unlike things
    "border",  # brightness, but only where the feature map has its edge
)
UNITS = LINEAR + SHAPED
CLASSES = ("marked", "plain", "striped")


def fresh_seed() -> int:
    """Return a seed that nobody has chosen, and say it where a test that fails shows it."""
    seed = secrets.randbelow(2**31)
    sys.stderr.write(f"seed {seed}\n")
    return seed


def index(name: str) -> int:
    """Return the unit's number in the layers ``arrange`` and ``act``."""
    return UNITS.index(name)


def address(name: str, layer: str = "act") -> str:
    """Return the unit's address."""
    return f"{layer}:{index(name)}"


class Arrange(nn.Module):
    """Behind the units of the convolution those that take more than a convolution."""

    def forward(self, linear: Tensor) -> Tensor:
        """From (N, 15, H, W) to (N, 17, H, W)."""
        two = torch.maximum(linear[:, LINEAR.index("blue")], linear[:, LINEAR.index("level")])
        edge = torch.ones_like(linear[:1, 0])
        edge[:, 1:-1, 1:-1] = 0
        border = linear[:, LINEAR.index("unread")] * edge
        return torch.cat([linear, two[:, None], border[:, None]], 1)


class Planted(nn.Module):
    """See the head of this file."""

    def __init__(self, angle: float = 45, frequency: float = 0.2, scale: int = 2) -> None:
        super().__init__()
        self.angle, self.frequency, self.scale = angle, frequency, scale
        self.detect = nn.Conv2d(3, len(LINEAR), FIELD, padding=FIELD // 2)
        self.arrange = Arrange()
        self.act = nn.ReLU()
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.fc = nn.Linear(len(UNITS), len(CLASSES))
        with torch.no_grad():
            kernels = _kernels(angle, frequency, scale)
            self.detect.weight.copy_(torch.stack([kernels[name] for name in LINEAR]))
            self.detect.bias.zero_()
            for name, bias in (("dark", 0.5), ("dead", -1.0), ("background", 0.35), ("marker", -1.6)):
                self.detect.bias[LINEAR.index(name)] = bias
            self.fc.weight.zero_()
            self.fc.bias.copy_(torch.tensor([0.0, 0.5, 0.0]))
            self.fc.weight[0, index("marker")] = 20
            self.fc.weight[2, index("upright")] = 3

    def forward(self, x: Tensor) -> Tensor:
        """Scores (N, 3) of pictures (N, 3, H, W) with values from 0 to 1."""
        scores: Tensor = self.fc(torch.flatten(self.pool(self.act(self.arrange(self.detect(x)))), 1))
        return scores


def network(angle: float = 45, frequency: float = 0.2, scale: int = 2, size: int = 32) -> ph.Network:
    """Return the planted network, borrowed as any other: no preprocessing, pictures of ``size`` pixels a side."""
    model = Planted(angle, frequency, scale).eval()
    return ph.Network(model, classes=CLASSES, input_size=(3, size, size), name="planted")


def stripes(angle: float, frequency: float, phase: float = 0.0, size: int = FIELD) -> Tensor:
    """Return a sine grating (size, size) around zero, its phase counted from the middle."""
    y, x = torch.meshgrid(*[torch.arange(size, dtype=torch.float64) - size // 2] * 2, indexing="ij")
    turn = np.deg2rad(angle)
    wave = torch.cos(2 * torch.pi * frequency * (x * np.sin(turn) + y * np.cos(turn)) + phase)
    return wave.float()


def checks(scale: int, size: int = FIELD) -> Tensor:
    """Return a checkerboard (size, size) of +1 and -1 with squares of ``scale`` pixels."""
    cells = torch.arange(size) // scale
    return 1.0 - 2.0 * ((cells[:, None] + cells) % 2)


def _kernels(angle: float, frequency: float, scale: int) -> dict[str, Tensor]:
    flat = torch.ones(FIELD, FIELD) / FIELD**2
    grey = torch.ones(3) / 3
    board = _without_mean(checks(scale) * _window())
    upright, slanted, level = (_edge(turn, frequency) for turn in (90, angle, 0))
    ring = torch.ones(FIELD, FIELD)
    ring[3:-3, 3:-3] = 0
    return {
        "green": _coloured(flat, (-0.5, 1, -0.5)),
        "dark": _coloured(flat, -grey),
        "red-green": _coloured(flat, (1, -1, 0)),
        "upright": _coloured(upright, grey),
        "slanted": _coloured(slanted, grey),
        "checks": _coloured(board, grey),
        "copy": _coloured(upright, grey),
        "scaled": _coloured(slanted, grey) * 2.5,
        "negated": -_coloured(board, grey),
        "dead": torch.zeros(3, FIELD, FIELD),
        "background": _coloured(ring / ring.sum(), -grey),
        "marker": _coloured(flat, (1, -2, 1)),
        "unread": _coloured(flat, grey),
        "blue": _coloured(flat, (-0.5, -0.5, 1)),
        "level": _coloured(level, grey) * 3.8,  # so that either half of "two" is often the larger
    }


def _coloured(plane: Tensor, colour: Tensor | tuple[float, float, float]) -> Tensor:
    return plane * torch.as_tensor(colour).reshape(3, 1, 1)


def _window() -> Tensor:
    away = torch.arange(FIELD, dtype=torch.float32) - FIELD // 2
    bell = torch.exp(-(away**2) / (2 * 2.7**2))
    return bell[:, None] * bell


def _edge(angle: float, frequency: float) -> Tensor:
    """A Gabor patch in sine phase, which sums to nothing: as bright as dark, so that colour means nothing to it."""
    return _without_mean(stripes(angle, frequency, torch.pi / 2) * _window())


def _without_mean(plane: Tensor) -> Tensor:
    plane = plane - plane.mean()
    return plane / plane.abs().sum()


# -- pictures ----------------------------------------------------------------------------------------------------


def pictures(count: int, seed: int, size: int = 32) -> tuple[Tensor, list[str]]:
    """Return pictures (N, 3, size, size), whole 255ths from 0 to 1, and their classes.

    Soft coloured clouds, with stripes of any direction and frequency, a checkerboard, and boxes of one colour laid
    over parts of them. "striped": upright stripes all over. "marked": a magenta square.
    """
    draw = np.random.default_rng(seed)
    found, labels = [], []
    for _ in range(count):
        label = CLASSES[draw.integers(3)]
        picture = _clouds(draw, size)
        for lay in draw.permutation([_striped, _checked, _boxed])[: draw.integers(1, 4)]:
            lay(picture, draw)
        if label == "striped":
            picture += 0.3 * stripes(90, 0.2, draw.random() * 6.28, size).numpy()
        if label == "marked":
            top, left = draw.integers(0, size - 13, 2)
            picture[:, top : top + 13, left : left + 13] = np.array([1, 0, 1])[:, None, None]
        found.append(np.round(picture.clip(0, 1) * 255) / 255)
        labels.append(label)
    return torch.from_numpy(np.stack(found)).float(), labels


def image_set(pictures: Tensor, labels: list[str]) -> ImageSet:
    """Return the same pictures as a set that can be scanned."""
    cells = (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    made = [
        Picture(f"{label}/{i:05}", label, Pixels(p)) for i, (p, label) in enumerate(zip(cells, labels, strict=True))
    ]
    return ImageSet("planted pictures", made, CLASSES)


def _clouds(draw: np.random.Generator, size: int) -> np.ndarray:
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    falling = 1 / np.maximum(frequency, 1 / size) ** draw.uniform(1, 2)
    noise = np.fft.ifft2(np.fft.fft2(draw.normal(size=(3, size, size))) * falling).real
    noise = noise / noise.std((1, 2), keepdims=True)
    return draw.random((3, 1, 1)) + draw.uniform(0.05, 0.25) * noise


def _striped(picture: np.ndarray, draw: np.random.Generator) -> None:
    size = picture.shape[1]
    wave = stripes(draw.random() * 180, draw.uniform(0.04, 0.45), draw.random() * 6.28, size).numpy()
    part = _part(draw, size)
    picture[:, *part] += draw.uniform(0.1, 0.5) * wave[part]


def _checked(picture: np.ndarray, draw: np.random.Generator) -> None:
    size = picture.shape[1]
    board = checks(int(draw.integers(1, 6)), size).numpy()
    part = _part(draw, size)
    picture[:, *part] += draw.uniform(0.1, 0.5) * board[part]


def _boxed(picture: np.ndarray, draw: np.random.Generator) -> None:
    picture[:, *_part(draw, picture.shape[1])] = draw.random((3, 1, 1))


def _part(draw: np.random.Generator, size: int) -> tuple[slice, slice]:
    (top, left), (height, width) = draw.integers(0, size // 2, 2), draw.integers(size // 4, size, 2)
    return slice(top, top + height), slice(left, left + width)
