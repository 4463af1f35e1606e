"""What photographs have in common: their mean colour, how their colours go together, how fine detail fades.

A picture made of independent numbers of equal size is noise. Brought into these proportions the same numbers make
something that could be part of a photograph, so that an optimiser that changes all of them alike draws neither
rainbows nor dust (Olah, Mordvintsev & Schubert, "Feature Visualization", 2017).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from PIL import Image
from torch import Tensor

from phosphene.errors import UsageError
from phosphene.preprocessing import Preprocessing

# Colours: measured on the 50,000 training photographs of CIFAR-10, `phosphene.images("cifar10", split="train")`. How
# magnitudes fall with frequency: on 700 windows of scikit-image's photographs, `phosphene.images("samples:128")`, as a
# line through the logarithms of octaves up to a quarter of the side. Photographs of ImageNet: 1.28, 1.31, 1.22.
MEAN = (0.4914, 0.4822, 0.4465)
AXES = ((0.5588, 0.5767, 0.5960), (-0.6948, -0.0667, 0.7161), (-0.4527, 0.8143, -0.3634))  # light, blue, green
DEVIATION = (0.4115, 0.1112, 0.0513)
FALL = (1.18, 1.33, 1.18)


@dataclass(frozen=True)
class Natural:
    """Statistics of pictures with C channels, values 0..1, of one size.

    Attributes:
        mean: (C,) the mean colour.
        colour: (C, C) from independent channels of deviation 1 to colours: `covariance = colour @ colour.T`.
        magnitude: (C, H, W // 2 + 1) the mean magnitude of the spectrum (`torch.fft.rfft2`, orthonormal) of the
            independent channels, scaled so that pictures with it have deviation 1; nought at frequency nought, as each
            picture's own mean is left out.
    """

    mean: Tensor
    colour: Tensor
    magnitude: Tensor

    def on(self, device: torch.device) -> Natural:
        """Return the same on a device."""
        return Natural(self.mean.to(device), self.colour.to(device), self.magnitude.to(device))

    @classmethod
    def usual(cls, channels: int, size: tuple[int, int]) -> Self:
        """Return what is usual: in colour with three channels, independent channels of light otherwise."""
        fall = torch.tensor(FALL)
        if channels == 3:
            colour = torch.tensor(AXES).T * torch.tensor(DEVIATION)
            mean = torch.tensor(MEAN)
        else:
            fall = fall[:1].expand(channels)
            colour, mean = torch.eye(channels) * light_deviation(), torch.full((channels,), sum(MEAN) / 3)
        cycles = frequencies(size) * min(size)
        law = cycles.clamp(min=1) ** -fall[:, None, None] * (cycles > 0)
        return cls(mean, colour, _of_deviation_one(law, size))

    @classmethod
    def of(cls, pictures: Iterable[Image.Image], channels: int, size: tuple[int, int]) -> Self:
        """Measure pictures, each cut to ``size`` (H, W); ``channels`` is 1 (grey) or 3.

        Raises:
            UsageError: there are fewer than two pictures, or other than 1 or 3 channels.
        """
        if channels not in (1, 3):
            raise UsageError(f"a picture cannot become {channels} channels; leave out the pictures to be like")
        cut = Preprocessing(size, (0.0,) * channels, (1.0,) * channels)
        found = [cut(picture) for picture in pictures]
        if len(found) < 2:
            raise UsageError(f"what pictures have in common cannot be told from {len(found)}; give a whole image set")
        return cls._measured(torch.stack(found))

    @classmethod
    def _measured(cls, pictures: Tensor) -> Self:
        mean = pictures.mean((0, 2, 3))
        off = pictures - mean[:, None, None]
        covariance = torch.einsum("nchw,ndhw->cd", off, off) / (off.numel() / off.shape[1])
        variance, axes = torch.linalg.eigh(covariance)
        variance = variance.clamp(min=float(variance.max()) * 1e-6)  # grey pictures in three channels
        independent = torch.einsum("cd,nchw->ndhw", axes / variance.sqrt(), off)
        own = independent - independent.mean((2, 3), keepdim=True)
        size = own.shape[2], own.shape[3]
        magnitude = _of_deviation_one(torch.fft.rfft2(own, norm="ortho").abs().mean(0), size)
        return cls(mean, axes * variance.sqrt(), magnitude)


def _of_deviation_one(magnitude: Tensor, size: tuple[int, int]) -> Tensor:
    """Scale half-spectra (C, H, W // 2 + 1) so that the mean square of their pictures is 1 (Parseval)."""
    columns = torch.full((magnitude.shape[-1],), 2.0)
    columns[0] = 1
    if size[1] % 2 == 0:
        columns[-1] = 1
    energy = (magnitude.square() * columns).sum((1, 2), keepdim=True) / (size[0] * size[1])
    return magnitude / energy.sqrt().clamp(min=torch.finfo(magnitude.dtype).tiny)


def light_deviation() -> float:
    """Return the standard deviation of grey values, the mean of a pixel's three channels, by the colours above."""
    return DEVIATION[0] * abs(sum(AXES[0])) / 3


def frequencies(size: tuple[int, int]) -> Tensor:
    """Return the frequencies of a spectrum of ``size`` (H, W) in cycles a pixel: (H, W // 2 + 1)."""
    down, across = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])
    found: Tensor = (down.square() + across.square()).sqrt()
    return found
