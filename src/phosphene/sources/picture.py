"""One picture, and a set of pictures: what every kind of source comes down to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from phosphene.errors import UsageError, did_you_mean
from phosphene.sources.decode import BrokenPicture, decode


class Source(Protocol):
    """Where a picture's content comes from."""

    def read(self) -> bytes | np.ndarray:
        """Return the encoded file, or the pixels themselves as uint8 (H, W, 3)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A picture that is already decoded."""

    values: np.ndarray
    """uint8, (H, W, 3)."""

    def read(self) -> np.ndarray:
        """Return the pixels."""
        return self.values


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a set: a stable, readable id, its class if it has one, and where its content is."""

    id: str
    label: str | None
    source: Source

    def open(self) -> Image.Image:
        """Return the picture as 8-bit RGB, upright; transparency over white; 16 bits scaled to 8.

        Raises BrokenPicture, with the reason, when it cannot be read.
        """
        try:
            content = self.source.read()
            return decode(content) if isinstance(content, bytes) else Image.fromarray(content)
        except BrokenPicture as broken:
            raise BrokenPicture(broken.reason, self.id) from broken


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that was passed over, and why."""

    id: str
    reason: str


class ImageSet:
    """Pictures in a fixed order, with their class names; decoding happens only when a picture is opened."""

    def __init__(
        self,
        name: str,
        pictures: Iterable[Picture],
        classes: Iterable[str] = (),
        failures: Iterable[Failure] = (),
    ) -> None:
        self.name = name
        self.classes = tuple(classes)
        self._pictures = tuple(pictures)
        self._failures = {failure.id: failure for failure in failures}

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self._pictures)

    def __getitem__(self, index: int) -> Picture:
        return self._pictures[index]

    def __repr__(self) -> str:
        return f"ImageSet({self.name!r}, {len(self)} pictures, {len(self.classes)} classes)"

    @property
    def failures(self) -> list[Failure]:
        """What was passed over so far, each once: by `readable`, and folders that could not be listed."""
        return list(self._failures.values())

    def readable(self) -> Iterator[tuple[Picture, Image.Image]]:
        """Decode one picture after the other; broken ones are passed over and noted in `failures`."""
        for picture in self:
            try:
                image = picture.open()
            except BrokenPicture as broken:
                self._failures[picture.id] = Failure(picture.id, broken.reason)
            else:
                yield picture, image

    def take(self, n: int, seed: int = 0) -> ImageSet:
        """Return a repeatable choice of `n` pictures (all, if there are fewer), in their old order.

        Chosen are the smallest hashes of seed and id, so the choice does not depend on the set's order.
        """
        if n < 0:
            raise UsageError(f"cannot take {n} pictures; give a number from 0 up")
        ranks = [hashlib.blake2b(f"{seed}:{p.id}".encode(), digest_size=8).digest() for p in self]
        chosen = sorted(sorted(range(len(self)), key=ranks.__getitem__)[:n])
        return ImageSet(self.name, [self[i] for i in chosen], self.classes)

    def where(self, label: str) -> ImageSet:
        """Return the pictures of one class."""
        if label not in self.classes:
            hint = did_you_mean(label, self.classes) or f"; it has {', '.join(self.classes) or 'no classes'}"
            raise UsageError(f"{self.name} has no class {label!r}{hint}")
        return ImageSet(self.name, [p for p in self if p.label == label], self.classes)
