"""A whole image set as one uint8 tensor in memory, for training and for small scans."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.picture import Failure, ImageSet, Picture

_CHUNK = 256  # pictures a thread takes at a time: handing them over one by one costs more than decoding them


@dataclass(frozen=True)
class InMemory:
    """Decoded pictures of one size."""

    pixels: torch.Tensor
    """uint8, (N, 3, H, W)."""
    labels: torch.Tensor
    """int64, (N,): index into `classes`, or -1 for a picture without a class."""
    ids: list[str]
    classes: tuple[str, ...]
    failures: list[Failure]
    """The pictures that were passed over; they have no row in `pixels`."""


def as_uint8(images: ImageSet, size: tuple[int, int]) -> InMemory:
    """Decode all pictures to `size` (H, W), in the set's order; broken ones are left out and reported.

    A picture of another size is resized so that it covers `size` (antialiased) and cut in the centre. The
    result takes N * 3 * H * W bytes; besides it, no more than one full picture per thread is held.
    """
    height, width = size
    pixels = np.empty((len(images), height, width, 3), np.uint8)
    failures: dict[int, Failure] = {}

    def fill(chunk: range) -> None:
        for index in chunk:
            try:
                pixels[index] = np.asarray(_fit(images[index].open(), width, height))
            except BrokenPicture as broken:
                failures[index] = Failure(images[index].id, broken.reason)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(fill, _chunks(len(images))))
    kept = [index for index in range(len(images)) if index not in failures]
    return _gather(images, pixels, kept, [failures[index] for index in sorted(failures)])


def _chunks(total: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, total)) for start in range(0, total, _CHUNK))


def _fit(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Scale a picture so that it covers width x height, and cut what overlaps evenly from both sides."""
    if picture.size == (width, height):
        return picture
    scale = min(picture.width / width, picture.height / height)
    left = (picture.width - width * scale) / 2
    top = (picture.height - height * scale) / 2
    box = (left, top, left + width * scale, top + height * scale)
    return picture.resize((width, height), Image.Resampling.BILINEAR, box=box)


def _gather(images: ImageSet, pixels: np.ndarray, kept: list[int], failures: list[Failure]) -> InMemory:
    if not kept:
        raise PhospheneError(f"no picture of {images.name} can be read; the first one: {failures[0].reason}")
    if failures:
        pixels = pixels[kept]
    number = {label: index for index, label in enumerate(images.classes)}
    pictures: list[Picture] = [images[index] for index in kept]
    return InMemory(
        pixels=torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(),
        labels=torch.tensor([-1 if p.label is None else number[p.label] for p in pictures]),
        ids=[p.id for p in pictures],
        classes=images.classes,
        failures=failures,
    )
