"""What the explorer shows: an atlas, and the network that was scanned where its weights are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from phosphene.atlas.reading import Atlas
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Network
from phosphene.sources.images import ImageSet


@dataclass(frozen=True)
class Link:
    """A page beside the explorer: what it is called, and where it is from the explorer's top."""

    name: str
    href: str


@dataclass(frozen=True)
class Site:
    """What all pages are made from.

    Attributes:
        atlas: the scan.
        net: the network that was scanned; None where its weights are not at hand.
        images: the image set that was scanned; None for the atlas's own copies.
        without: in one sentence, why there is no network; empty where there is one.
        units: of each layer so many units are shown, the first ones; None: all.
        beside: pages of others that every page leads to.
        drawn: whether files hold each unit as a figure for papers, which takes most of their room.
        tuned: whether files hold tuning curves, which take seconds for each layer of a deep network.
    """

    atlas: Atlas
    net: Network | None = None
    images: ImageSet | None = None
    without: str = ""
    units: int | None = None
    beside: tuple[Link, ...] = ()
    drawn: bool = True
    tuned: bool = True

    @cached_property
    def pictures(self) -> ScannedPictures:
        """The pictures that were scanned, by their numbers in the atlas."""
        return ScannedPictures(self.atlas, self.images)
