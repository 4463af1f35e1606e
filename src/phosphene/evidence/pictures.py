"""The pictures of a scan themselves: out of the image set, or the atlas's own copies where these are whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from PIL import Image
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import ImageRow
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.sources.images import ImageSet
from phosphene.sources.images import images as open_images
from phosphene.sources.picture import Picture


def image_set(images: object) -> ImageSet | None:
    """Return an image set for what a caller gave as one; None for nothing."""
    return images if images is None or isinstance(images, ImageSet) else open_images(images)  # type: ignore[arg-type]


class ScannedPictures:
    """Opens pictures by the number that an atlas has for them.

    Attributes:
        atlas: the scan.
        images: the image set that was scanned; None for the atlas's own copies.
    """

    def __init__(self, atlas: Atlas, images: ImageSet | None = None) -> None:
        self.atlas = atlas
        self.images = images

    def open(self, number: int) -> Image.Image:
        """Return a picture.

        Raises:
            UsageError: the atlas does not hold it whole, and no image set was given or it is not in there.
        """
        row = self.atlas.images[number]
        return self._kept(row) if self.images is None else self._given(row).open()

    def inputs(self, net: Network, numbers: Sequence[int]) -> Tensor:
        """Return pictures as ``net`` takes them, (N, C, H, W)."""
        return net.prepare([self.open(number) for number in numbers])

    def blind(self, layer: str, count: int) -> list[int]:
        """Return the numbers of some pictures of the scan's sample, which were chosen without looking at them.

        Where no image set was given there may be fewer, or none: the atlas holds those that are somebody's example.
        """
        sample = [int(number) for number in self.atlas.array(layer, "sample_image") if number >= 0]
        if self.images is not None:
            return sample[:count]
        return [number for number in sample if self._whole(number) is not None][:count]

    def _given(self, row: ImageRow) -> Picture:
        assert self.images is not None
        if row.index < len(self.images) and self.images[row.index].id == row.name:
            return self.images[row.index]
        if row.name not in self._by_name:
            raise UsageError(f"{row.name!r} is not among the images that were given; give the set that was scanned")
        return self._by_name[row.name]

    @cached_property
    def _by_name(self) -> dict[str, Picture]:
        """Only for image sets in another order than the scan's."""
        return {picture.id: picture for picture in self.images or ()}

    def _kept(self, row: ImageRow) -> Image.Image:
        kept = self._whole(row.index)
        if kept is None:
            raise UsageError("the atlas does not hold its pictures whole; give the images that were scanned (--images)")
        return kept

    def _whole(self, number: int) -> Image.Image | None:
        row, kept = self.atlas.images[number], self.atlas.thumbnail(number)
        return kept if kept is not None and kept.size == (row.width, row.height) else None
