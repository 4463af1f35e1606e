"""Pictures made for asking a unit: flat colours, gratings, checkerboards. Values from 0 to 1, float32.

Directions are those of the stripes, counted counter-clockwise from the level, in degrees: 90 is upright, 45 rises to
the right. Frequencies are in cycles per pixel. Hue, saturation and lightness are those of HSL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
"""(n, channels, height, width)."""
GREY = 0.5
"""What lies around a stimulus, and what a grating or a checkerboard goes up and down from."""


@dataclass(frozen=True)
class Colour:
    """A flat colour: hue in degrees (0 red, 120 green, 240 blue), saturation and lightness from 0 to 1."""

    hue: float
    saturation: float
    lightness: float

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Its red, green and blue."""
        swing = self.saturation * min(self.lightness, 1 - self.lightness)
        red, green, blue = (self._channel(start, swing) for start in (0, 8, 4))
        return red, green, blue

    def _channel(self, start: int, swing: float) -> float:
        k = (start + self.hue / 30) % 12
        return self.lightness - swing * max(-1.0, min(k - 3, 9 - k, 1.0))

    @property
    def name(self) -> str:
        """The colour in words."""
        if self.lightness < 0.1 or self.lightness > 0.9:
            return "black" if self.lightness < 0.1 else "white"
        shade = "dark " if self.lightness < 0.35 else "light " if self.lightness > 0.65 else ""
        if self.saturation < 0.1:
            return f"{shade or 'middle '}grey"
        return shade + hue_name(self.hue)


_HUES = "red,orange,yellow,yellow-green,green,sea green,cyan,sky blue,blue,violet,magenta,pink".split(",")


def hue_name(degrees: float) -> str:
    """Return the nearest of twelve names of hues."""
    return _HUES[round(degrees / 30) % 12]


def direction_name(degrees: float) -> str:
    """Return what stripes of this direction are called: the words of the visible features of a scan."""
    return ("level", "rising", "upright", "falling")[round(degrees / 45) % 4]


def flat(colours: Sequence[Colour], channels: int, size: tuple[int, int]) -> Pictures:
    """Fill the field with each colour; where pictures do not have three channels, with its lightness."""
    values = [each.rgb if channels == 3 else (each.lightness,) * channels for each in colours]
    cells = np.array(values, np.float32).reshape(-1, channels, 1, 1)
    return np.broadcast_to(cells, (*cells.shape[:2], *size))


@dataclass(frozen=True)
class Grating:
    """Stripes of grey: direction in degrees, cycles per pixel, phase in radians at the middle, contrast from 0 to 1."""

    direction: float
    frequency: float
    phase: float = 0.0
    contrast: float = 1.0


def gratings(wanted: Sequence[Grating], channels: int, size: tuple[int, int]) -> Pictures:
    """Draw sine gratings around mid-grey."""
    y, x = _middle(size)
    turn, frequency, phase, contrast = (
        np.array([getattr(each, name) for each in wanted], np.float32).reshape(-1, 1, 1)
        for name in ("direction", "frequency", "phase", "contrast")
    )
    turn = np.deg2rad(turn)
    wave = np.cos(2 * np.pi * frequency * (x * np.sin(turn) + y * np.cos(turn)) + phase)
    return _grey(wave * contrast, channels)


@dataclass(frozen=True)
class Board:
    """A checkerboard of black and white squares, ``scale`` pixels a side, moved by (down, right) pixels."""

    scale: int
    shift: tuple[int, int] = (0, 0)


def shifts(scale: int, most: int = 8) -> list[tuple[int, int]]:
    """Return the shifts, all different, at which a board is shown: whole and half squares; 4 or 8 of them at most."""
    half = scale // 2
    every = [
        (0, 0),
        (0, scale),
        (half, half),
        (half, scale + half),
        (0, half),
        (half, 0),
        (half, scale),
        (0, scale + half),
    ]
    return list(dict.fromkeys(every[:most]))


def boards(wanted: Sequence[Board], channels: int, size: tuple[int, int]) -> Pictures:
    """Draw checkerboards."""
    rows, columns = np.arange(size[0])[:, None], np.arange(size[1])
    drawn = [((rows + b.shift[0]) // b.scale + (columns + b.shift[1]) // b.scale) % 2 for b in wanted]
    return _grey(1.0 - 2.0 * np.stack(drawn), channels)


def _middle(size: tuple[int, int]) -> tuple[Pictures, Pictures]:
    """Return rows and columns counted from the middle pixel, (height, 1) and (width,)."""
    rows, columns = (np.arange(length, dtype=np.float32) - length // 2 for length in size)
    return rows[:, None], columns


def _grey(wave: NDArray[np.floating], channels: int) -> Pictures:
    """Turn a wave (n, height, width) from -1 to 1 into pictures from black to white."""
    cells = (GREY + 0.5 * wave).astype(np.float32)[:, None]
    return np.broadcast_to(cells, (len(cells), channels, *cells.shape[2:]))
