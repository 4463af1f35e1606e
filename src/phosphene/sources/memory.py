"""A whole image set as one uint8 tensor in memory, for training and for small scans."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.picture import Failure, ImageSet

MAX_BYTES = 16_000_000_000
"""The largest tensor that is made without having been asked for by `max_bytes`."""

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


def as_uint8(
    images: ImageSet,
    size: tuple[int, int],
    *,
    progress: Callable[[int, int], None] | None = None,
    max_bytes: int = MAX_BYTES,
) -> InMemory:
    """Decode all pictures to `size` (H, W), in the set's order; broken ones are left out and reported.

    A picture of another size is resized, with antialiasing, so that it just covers `size`, and cut in the
    centre. The result takes N * 3 * H * W bytes; besides it, each thread holds one decoded picture.

    Args:
        images: the set.
        size: height and width of every picture in the result.
        progress: called with the number of pictures done and of all, now and then.
        max_bytes: how large the result may be.

    Raises:
        PhospheneError: when the result would be larger, or no picture can be read.
    """
    total, height, width = len(images), *size
    if total * 3 * height * width > max_bytes:
        raise PhospheneError(_too_large(images, size, max_bytes))
    pixels = np.empty((total, 3, height, width), np.uint8)
    failures = _fill(pixels, images, progress)
    kept = [index for index in range(total) if index not in failures]
    if not kept:
        first = f"; the first one: {failures[0].reason}" if failures else ""
        raise PhospheneError(f"no picture of {images.name} can be read{first}")
    return _gather(images, pixels, kept, [failures[index] for index in sorted(failures)])


def _fill(pixels: np.ndarray, images: ImageSet, progress: Callable[[int, int], None] | None) -> dict[int, Failure]:
    """Decode every picture to its row; return why a row has stayed empty."""
    failures: dict[int, Failure] = {}

    def decode(chunk: range) -> None:
        for index in chunk:
            try:
                pixels[index] = _fitted(images[index].open(), pixels.shape[2], pixels.shape[3])
            except BrokenPicture as broken:
                failures[index] = Failure(images[index].id, broken.reason)

    chunks = [range(start, min(start + _CHUNK, len(images))) for start in range(0, len(images), _CHUNK)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for chunk, _ in zip(chunks, pool.map(decode, chunks), strict=True):  # left early, `map` cancels the rest
            if progress:
                progress(chunk.stop, len(images))
    return failures


def _fitted(picture: Image.Image, height: int, width: int) -> np.ndarray:
    """Scale a picture so that it covers height x width and cut what overlaps evenly; (3, height, width)."""
    if picture.size != (width, height):
        scale = min(picture.width / width, picture.height / height)
        across, down = min(width * scale, picture.width), min(height * scale, picture.height)  # rounding may exceed
        left, top = (picture.width - across) / 2, (picture.height - down) / 2
        box = (left, top, left + across, top + down)
        picture = picture.resize((width, height), Image.Resampling.BILINEAR, box=box)
    return np.asarray(picture).transpose(2, 0, 1)


def _gather(images: ImageSet, pixels: np.ndarray, kept: list[int], failures: list[Failure]) -> InMemory:
    for row, index in enumerate(kept):
        if row != index:  # close the gaps in place: a second copy may not fit
            pixels[row] = pixels[index]
    number = {label: index for index, label in enumerate(images.classes)} | {None: -1}
    return InMemory(
        pixels=torch.from_numpy(pixels[: len(kept)]),
        labels=torch.tensor([number[images[index].label] for index in kept]),
        ids=[images[index].id for index in kept],
        classes=images.classes,
        failures=failures,
    )


def _too_large(images: ImageSet, size: tuple[int, int], limit: int) -> str:
    need = len(images) * 3 * size[0] * size[1]
    fitting = limit // (3 * size[0] * size[1])
    return (
        f"{len(images)} pictures of {size[0]} x {size[1]} pixels need {need / 1e9:.1f} GB of memory,"
        f" more than {limit / 1e9:.1f}; use at most {fitting} of them (`.take({fitting})`) or a smaller size"
    )
