"""From a picture to the numbers a network takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from phosphene.errors import UsageError


@dataclass(frozen=True)
class Frame:
    """Where the network's input lies in the source picture: ``source = scale * input + offset``, each (x, y)."""

    scale: tuple[float, float]
    offset: tuple[float, float]

    def box(self, box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Turn a box (x0, y0, x1, y1) of input pixels into source pixels, cut to a picture of ``size`` (W, H)."""
        x0, y0, x1, y1 = (
            min(max(edge * self.scale[axis % 2] + self.offset[axis % 2], 0.0), float(size[axis % 2]))
            for axis, edge in enumerate(box)
        )
        return x0, y0, x1, y1

    def input_box(self, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """Turn a box (x0, y0, x1, y1) of source pixels into the nearest input pixels."""
        x0, y0, x1, y1 = (round((edge - self.offset[axis % 2]) / self.scale[axis % 2]) for axis, edge in enumerate(box))
        return x0, y0, x1, y1


Interpolation = Literal["bilinear", "bicubic"]
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True)
class Preprocessing:
    """Resize the shorter side, cut the centre, scale to 0..1, subtract the mean, divide by the deviation.

    Attributes:
        size: (H, W) of the network's input.
        mean: per channel, in the 0..1 scale. One value makes the picture greyscale, three keep its colours.
        std: per channel, likewise.
        resize: length of the shorter side before the cut; None means just large enough for ``size``.
        interpolation: how pictures are resized.
    """

    size: tuple[int, int]
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    resize: int | None = None
    interpolation: Interpolation = "bilinear"

    def __call__(self, picture: Image.Image) -> Tensor:
        """Turn a picture into a float tensor (C, H, W)."""
        if len(self.mean) not in (1, 3):
            raise UsageError(f"a picture cannot become {len(self.mean)} channels; give a tensor (N, C, H, W) instead")
        return self.scaled(self.cells(picture)[None])[0]

    def cells(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Return the part of a picture that the network sees as uint8 (H, W, C)."""
        cut = self.framed(picture.convert("L" if len(self.mean) == 1 else "RGB"))
        return np.asarray(cut).reshape(*self.size, -1)

    def scaled(self, cells: NDArray[np.uint8]) -> Tensor:
        """Turn pictures' `cells` (N, H, W, C) into the network's input (N, C, H, W), channels-last in memory."""
        values = torch.from_numpy(cells.astype(np.float32) / 255).permute(0, 3, 1, 2)
        mean, std = (torch.tensor(v, dtype=torch.float32).reshape(-1, 1, 1) for v in (self.mean, self.std))
        return (values - mean) / std

    def frame(self, size: tuple[int, int]) -> Frame:
        """Return where the network's input lies in a picture of ``size`` (W, H)."""
        height, width = self.size
        if size == (width, height) and self.resize in (None, min(self.size)):
            return Frame((1.0, 1.0), (0.0, 0.0))
        across, down = self._resized(size)
        left, top = round((across - width) / 2), round((down - height) / 2)
        scale = size[0] / across, size[1] / down
        return Frame(scale, (left * scale[0], top * scale[1]))

    def framed(self, picture: Image.Image) -> Image.Image:
        """Return the part of ``picture`` that the network sees, at the network's size."""
        height, width = self.size
        if picture.size == (width, height) and self.resize in (None, min(self.size)):
            return picture
        resized = picture.resize(self._resized(picture.size), _FILTERS[self.interpolation])
        # Rounded as torchvision's transforms do, so that the same pixels are cut.
        left, top = round((resized.width - width) / 2), round((resized.height - height) / 2)
        return resized.crop((left, top, left + width, top + height))

    def _resized(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (W, H) after resizing: the shorter side as wanted, the longer one truncated as torchvision does."""
        width, height = size
        if self.resize is None:
            scale = max(self.size[1] / width, self.size[0] / height)
            return max(self.size[1], round(width * scale)), max(self.size[0], round(height * scale))
        long = int(self.resize * max(size) / min(size))
        return (self.resize, long) if width <= height else (long, self.resize)


def interpolation_named(name: str) -> Interpolation:
    """Return the interpolation that a published preprocessing names; bilinear for any that is not offered."""
    return "bicubic" if name == "bicubic" else "bilinear"


@dataclass(frozen=True)
class Scale:
    """The affine map from picture values (0..1) to the network's input, per channel: ``gain * value + offset``."""

    gain: Tensor
    offset: Tensor

    @cached_property
    def is_identity(self) -> bool:
        """Whether the network takes picture values as they are."""
        return bool((self.gain == 1).all() and (self.offset == 0).all())

    def to_pixels(self, signal: Tensor) -> Tensor:
        """Bring a signal (..., C, H, W) in input units to picture units: a difference, so the offset drops out."""
        return signal if self.is_identity else signal / self.gain.to(signal).reshape(-1, 1, 1)

    def to_picture(self, inputs: Tensor) -> Tensor:
        """Bring network inputs (..., C, H, W) back to picture values."""
        if self.is_identity:
            return inputs
        gain, offset = self._along(inputs)
        return (inputs - offset) / gain

    def to_inputs(self, pictures: Tensor) -> Tensor:
        """Bring picture values (..., C, H, W) to network inputs."""
        if self.is_identity:
            return pictures
        gain, offset = self._along(pictures)
        return pictures * gain + offset

    def _along(self, values: Tensor) -> tuple[Tensor, Tensor]:
        gain, offset = (v.to(values).reshape(-1, 1, 1) for v in (self.gain, self.offset))
        return gain, offset


def frame_of(preprocess: Callable[[Image.Image], Tensor], size: tuple[int, int]) -> Frame:
    """Return where the input that a preprocessing makes lies in pictures of ``size`` (W, H)."""
    return preprocess.frame(size) if isinstance(preprocess, Preprocessing) else measured_frame(preprocess, size)


def measured_frame(preprocess: Callable[[Image.Image], Tensor], size: tuple[int, int]) -> Frame:
    """Find where any preprocessing that resizes and cuts takes its input from, in pictures of ``size`` (W, H).

    A picture that grows brighter from one side to the other tells for every pixel of the input where it came from.
    """
    found = []
    for axis, length in enumerate(size):
        grey = np.linspace(0, 255, length).round().astype(np.uint8)
        ramp = np.broadcast_to(grey if axis == 0 else grey[:, None], (size[1], size[0]))
        seen = preprocess(Image.fromarray(ramp).convert("RGB"))
        low, high = (preprocess(Image.new("RGB", size, (v, v, v))).mean() for v in (0, 255))
        along = ((seen.mean(0) - low) / (high - low)).mean(axis).double().numpy() * (length - 1) + 0.5
        middle = slice(len(along) // 8, len(along) - len(along) // 8)  # padding would bend the ends
        slope, start = np.polyfit(np.arange(len(along))[middle] + 0.5, along[middle], 1)
        found.append((float(slope), float(start)))
    (across, left), (down, top) = found
    return Frame((across, down), (left, top))


def measured_scale(preprocess: Callable[[Image.Image], Tensor], size: tuple[int, int]) -> Scale:
    """Find the scale of any preprocessing by sending it a black and a white picture of ``size`` (H, W)."""
    black, white = (
        preprocess(Image.new("RGB", (size[1], size[0]), colour)).flatten(1).mean(1)
        for colour in ((0, 0, 0), (255, 255, 255))
    )
    return Scale(white - black, black)
