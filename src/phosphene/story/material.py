"""The pictures a story is told on: decoded once, as bytes, at the size the networks take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from phosphene.network import Network
from phosphene.sources.images import Failure, ImageSet
from phosphene.sources.memory import as_uint8


class Progress(Protocol):
    """Hears which step is under way, and how much of it is done where that is known."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Take note."""


@dataclass(frozen=True)
class Material:
    """A set of pictures in memory.

    Attributes:
        name: what the set is called.
        pixels: uint8, (N, 3, H, W).
        ids: one for each picture.
        labels: the class of each picture, or "".
        failures: pictures that could not be read and are not among the above.
        offered: how many pictures the set had before some were chosen.
        windows: whether pictures are windows of photographs, so that many show the same.
    """

    name: str
    pixels: Tensor
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    failures: tuple[Failure, ...]
    offered: int
    windows: bool

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def side(self) -> int:
        """The width of the pictures in pixels."""
        return self.pixels.shape[3]

    def inputs(self, net: Network, rows: Sequence[int] | Tensor | slice) -> Tensor:
        """Return pictures as the network's input (n, C, H, W); a network of one channel gets the grey mean."""
        picked = self.pixels[rows if isinstance(rows, slice) else torch.as_tensor(rows)].float() / 255
        if net.input_size[0] == 1:
            picked = picked.mean(1, keepdim=True)
        gain, offset = (value.reshape(-1, 1, 1) for value in (net.scale.gain, net.scale.offset))
        return picked * gain + offset

    def origin(self, row: int) -> str:
        """Return what the picture was cut from: its photograph, or itself."""
        return self.ids[row].partition("@")[0] if self.windows else self.ids[row]

    def title(self, row: int) -> str:
        """Return a short name for figures: photograph and scale of a window, otherwise the end of the path."""
        if self.windows:
            photograph, _, place = self.ids[row].partition("@")
            return f"{photograph} {place.partition('/')[0].removesuffix('x')}×"
        return "/".join(self.ids[row].split("/")[-2:])


def gather(images: ImageSet, size: tuple[int, int], most: int, progress: Progress) -> Material:
    """Decode up to ``most`` pictures of a set, chosen by the hashes of their ids; broken ones are passed over."""
    chosen = images.take(most) if len(images) > most else images
    step = f"reading {len(chosen):,} pictures of {images.name}"
    progress(step)
    held = as_uint8(chosen, size, progress=partial(progress, step))
    labels = tuple("" if number < 0 else held.classes[number] for number in held.labels.tolist())
    failures = tuple(held.failures) + tuple(images.failures)
    windows = images.name.startswith("samples:")
    return Material(images.name, held.pixels, tuple(held.ids), labels, failures, len(images), windows)
