"""How a picture is held by the numbers that are optimised.

Olah, Mordvintsev & Schubert, "Feature Visualization" (2017): its spectrum, free. Fel et al., "Unlocking feature
visualization for deeper networks with magnitude constrained optimization" (2023): only the phases of its spectrum, the
magnitudes being those of photographs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from phosphene.dream.natural import Natural

FAINT = 0.02  # of a photograph's contrast, that a picture starts with
CONTRAST_LIMIT = 1.25  # root mean square of a logit: that of photographs, whose values deviate by a quarter
CONTRAST = 4.0  # the slope of a logit at one half


class Canvas(ABC):
    """N pictures (N, C, H, W), made from the numbers ``free``."""

    free: Tensor

    @abstractmethod
    def picture(self) -> Tensor:
        """Return the pictures in values of 0..1, (N, C, H, W), differentiable by ``free``."""


class Free(Canvas):
    """The spectrum in natural proportions: equal steps of all its numbers draw what a photograph could hold.

    A sigmoid keeps values within 0..1.
    """

    def __init__(self, natural: Natural, size: tuple[int, int], noise: Tensor, start: Tensor | None = None) -> None:
        """Begin with a faint picture of ``noise`` (N, C, H, W), or with the pictures ``start`` and that upon them."""
        self._size = size
        self._colour = natural.colour * CONTRAST
        self._weight = natural.magnitude.clone()
        self._weight[:, 0, 0] = natural.magnitude.amax((1, 2))  # the mean is free, like all the rest
        base = natural.mean[:, None, None] if start is None else start.clamp(0.02, 0.98)
        self._base = base.logit()
        self.free = (torch.view_as_real(torch.fft.rfft2(noise, norm="ortho")) * FAINT).requires_grad_()

    def picture(self) -> Tensor:
        """Return the pictures in values of 0..1."""
        spectrum = torch.view_as_complex(self.free) * self._weight
        channels = torch.fft.irfft2(spectrum, s=self._size, norm="ortho")
        return (self._base + bounded(mixed(self._colour, channels), CONTRAST_LIMIT)).sigmoid()


class Phases(Canvas):
    """Phases alone: each independent channel has exactly the magnitudes of `Natural` at every frequency.

    What falls outside 0..1 is cut off, as no picture can hold it.
    """

    def __init__(self, natural: Natural, size: tuple[int, int], noise: Tensor, start: Tensor | None = None) -> None:
        """Begin with the phases of ``noise`` (N, C, H, W), or of the pictures ``start``."""
        self._size = size
        self._mean = natural.mean[:, None, None]
        self._colour = natural.colour
        self._magnitude = natural.magnitude
        held = noise if start is None else mixed(torch.linalg.inv(natural.colour), start - start.mean((2, 3), True))
        spectrum = torch.fft.rfft2(held + FAINT * noise, norm="ortho")
        self.free = spectrum.angle().requires_grad_()
        rows = torch.arange(size[0], device=noise.device)
        self._mirror = -rows % size[0]
        columns = torch.arange(spectrum.shape[-1], device=noise.device)
        self._paired = (2 * columns) % size[1] == 0
        # Frequencies that are their own mirror have no phase but a sign, which stays as it began.
        alone = self._paired & ((2 * rows) % size[0] == 0)[:, None]
        self._turn = torch.pi * (alone & (spectrum.real < 0))

    def spectrum(self) -> Tensor:
        """Return the spectrum of the independent channels, (N, C, H, W // 2 + 1) complex.

        A real picture's spectrum at a frequency and at its mirror are conjugate; `torch.fft.rfft2` holds both in its
        first column and, where W is even, its last.
        """
        mirrored = (self.free - self.free[..., self._mirror, :]) / 2 + self._turn
        phase = torch.where(self._paired, mirrored, self.free)
        return torch.polar(self._magnitude.expand_as(phase), phase)

    def picture(self) -> Tensor:
        """Return the pictures, cut to 0..1."""
        channels = torch.fft.irfft2(self.spectrum(), s=self._size, norm="ortho")
        return (self._mean + mixed(self._colour, channels)).clamp(0, 1)


def bounded(values: Tensor, limit: float) -> Tensor:
    """Reduce pictures (N, C, H, W) whose root mean square is above ``limit`` to it."""
    size = values.square().mean((1, 2, 3), keepdim=True).sqrt()
    return values * (limit / size.clamp(min=limit))


def mixed(matrix: Tensor, channels: Tensor) -> Tensor:
    """Mix channels (N, C, H, W) by a matrix (C, C)."""
    return torch.einsum("dc,nchw->ndhw", matrix, channels)
