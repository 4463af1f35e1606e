"""One picture, and a set of pictures: what every kind of source comes down to."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from phosphene.errors import UsageError, did_you_mean
from phosphene.sources.decode import BrokenPicture, decode
from phosphene.sources.pictures import Chosen, Held, Pictures


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
    """Pictures in a fixed order, with their class names; decoding happens only when a picture is opened.

    Large sources give `Pictures`, which make each picture when it is asked for; any other are held.
    """

    def __init__(
        self,
        name: str,
        pictures: Pictures | Iterable[Picture],
        classes: Iterable[str] = (),
        failures: Iterable[Failure] = (),
    ) -> None:
        self.name = name
        self.classes = tuple(classes)
        self.pictures = pictures if isinstance(pictures, Pictures) else Held(tuple(pictures))
        self._failures = {failure.id: failure for failure in failures}

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    def __getitem__(self, index: int) -> Picture:
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} pictures, and none at {index}")
        return self.pictures.at(index % len(self))

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
        ranks = ((hashlib.blake2b(f"{seed}:{p.id}".encode(), digest_size=8).digest(), i) for i, p in enumerate(self))
        return self._only(sorted(index for _, index in heapq.nsmallest(n, ranks)))

    def first(self, n: int) -> ImageSet:
        """Return the first `n` pictures (all, if there are fewer), and what was passed over so far."""
        return ImageSet(self.name, Chosen(self.pictures, range(min(n, len(self)))), self.classes, self.failures)

    def where(self, label: str) -> ImageSet:
        """Return the pictures of one class."""
        if label not in self.classes:
            hint = did_you_mean(label, self.classes) or f"; it has {', '.join(self.classes) or 'no classes'}"
            raise UsageError(f"{self.name} has no class {label!r}{hint}")
        return self._only(index for index, picture in enumerate(self) if picture.label == label)

    def _only(self, places: Iterable[int]) -> ImageSet:
        return ImageSet(self.name, Chosen(self.pictures, np.fromiter(places, np.int64)), self.classes)
