"""What every answer is made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.evidence.pictures import ScannedPictures
from phosphene.explore.live.cancelling import Ask, go_on, never
from phosphene.explore.live.lattice import Lattice
from phosphene.explore.live.quantiles import Sample
from phosphene.explore.live.seeing import Seeing
from phosphene.explore.sprites import data_url
from phosphene.network import Network


@dataclass(frozen=True)
class Bench:
    """The network, the scan, and what is held of them from one answer to the next.

    Attributes:
        net: the network.
        atlas: its scan.
        pictures: the pictures that were scanned.
        seeing: pictures as the network sees them.
        sample: the peaks that a value is compared with.
        cancelled: whether the answer is no longer wanted.
    """

    net: Network
    atlas: Atlas
    pictures: ScannedPictures
    seeing: Seeing
    sample: Sample
    cancelled: Ask = never

    @classmethod
    def of(cls, net: Network, pictures: ScannedPictures, uploads: Mapping[str, Image.Image]) -> Bench:
        """Return the bench for a network and the pictures it was scanned on."""
        return cls(net, pictures.atlas, pictures, Seeing(net, pictures, uploads), Sample(pictures.atlas))

    def go_on(self) -> None:
        """Raise `Cancelled` where the answer is no longer wanted."""
        go_on(self.cancelled)

    def lattice(self, layer: str, maps: Tensor, inputs: Tensor) -> Lattice:
        """Return how ``maps`` (..., h, w) of a layer lie over ``inputs`` (..., H, W)."""
        positions, picture = ((values.shape[-2], values.shape[-1]) for values in (maps, inputs))
        return Lattice(self.net.layer(layer).view, positions, picture)


def url(picture: Image.Image) -> str:
    """Return a picture at its own size as a ``data:`` address."""
    return data_url(picture, max(picture.size))


def url_or_none(picture: Image.Image | None) -> str | None:
    """Return a picture as `url` does, or nothing where there is nothing to show."""
    return None if picture is None else url(picture)
