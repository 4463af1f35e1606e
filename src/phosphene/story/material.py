"""The pictures a story is told on. Each is known by its number in the set, as in the atlases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phosphene.atlas.reading import Atlas
from phosphene.sources.images import Failure, ImageSet, Picture


@dataclass(frozen=True)
class Material:
    """A set of pictures that was scanned.

    Attributes:
        images: the pictures.
        count: how many of them could be read.
        failures: what could not be read.
        offered: how many pictures there were before some were chosen.
    """

    images: ImageSet
    count: int
    failures: tuple[Failure, ...]
    offered: int

    @classmethod
    def of(cls, images: ImageSet, offered: ImageSet, atlas: Atlas) -> Material:
        """Return the pictures that an atlas is of: ``images``, chosen from those that were ``offered``."""
        broken = (Failure(each.name, each.reason) for each in atlas.failures)
        return cls(images, atlas.progress.scanned, (*broken, *offered.failures), len(offered))

    def __len__(self) -> int:
        return self.count

    @property
    def name(self) -> str:
        """What the set is called."""
        return self.images.name

    @property
    def windows(self) -> bool:
        """Whether pictures are windows of photographs, so that many show the same."""
        return self.name.startswith("samples:")

    def pictures(self, images: Iterable[int]) -> list[Picture]:
        """Return pictures by their numbers."""
        return [self.images[image] for image in images]

    def titles(self, images: Sequence[int]) -> list[str]:
        """Return short names for figures."""
        return [self.title(image) for image in images]

    def origin(self, image: int) -> str:
        """Return what the picture was cut from: its photograph, or itself."""
        id = self.images[image].id
        return id.partition("@")[0] if self.windows else id

    def title(self, image: int) -> str:
        """Return a short name for figures: photograph and scale of a window, otherwise the end of the path."""
        id = self.images[image].id
        if self.windows:
            photograph, _, place = id.partition("@")
            return f"{photograph} {place.partition('/')[0].removesuffix('x')}×"
        return "/".join(id.split("/")[-2:])
