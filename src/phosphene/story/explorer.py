"""The explorer of both scans, as files beside the story: a page for every unit that there is time for."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.atlas.reading import Atlas
from phosphene.explore import paths
from phosphene.explore.export import whole, written
from phosphene.explore.folder import Folder
from phosphene.explore.site import Link, Site
from phosphene.network import Network
from phosphene.story.findings import Findings
from phosphene.story.scanned import Progress
from phosphene.story.words import counted

FOLDER = "explorer"
STORY = "../../index.html"
DEEP_UNITS = 6
"""Of each layer of the deep network so many units have pages: all would take minutes."""


@dataclass(frozen=True)
class Explorer:
    """The pages of one network.

    Attributes:
        net, atlas: the network and its scan.
        below: the folder they are in, from the story's page, with a slash at its end.
        most: of each layer so many units have pages; None: all.
    """

    net: Network
    atlas: Atlas
    below: str
    most: int | None

    @property
    def page(self) -> str:
        """Where they begin, from the story's page."""
        return f"{self.below}{paths.HOME}"

    @property
    def shown(self) -> str:
        """Which units have pages."""
        every = sum(layer.units for layer in self.atlas.layers)
        if self.most is None or all(layer.units <= self.most for layer in self.atlas.layers):
            return f"every unit, {every:,} of {counted(len(self.atlas.layers), 'layer')}"
        return f"the first {counted(self.most, 'unit')} of each of {counted(len(self.atlas.layers), 'layer')}"

    def unit(self, layer: str, index: int) -> str | None:
        """Return where a unit's page is, from the story's page; None if it has none."""
        if self.most is not None and index >= self.most:
            return None
        slug = paths.slugs(each.name for each in self.atlas.layers)[layer]
        return self.below + paths.unit_page(slug, index)


def explorers(found: Findings) -> tuple[Explorer, Explorer]:
    """Return what is there of the blog's network and of the deep one."""
    slugs = paths.slugs([found.net.name, found.deep.name])
    return (
        Explorer(found.net, found.atlas, f"{FOLDER}/{slugs[found.net.name]}/", None),
        Explorer(found.deep, found.deep_atlas, f"{FOLDER}/{slugs[found.deep.name]}/", DEEP_UNITS),
    )


def put_explorers(found: Findings, folder: Folder, progress: Progress) -> None:
    """Write the pages of both networks; each leads to the story and to the other one."""
    both = explorers(found)
    for own, other in (both, both[::-1]):
        images = None if whole(own.atlas) else found.material.images
        beside = (Link("The story", STORY), Link(other.net.name, f"../../{other.page}"))
        # The deep network's tuning curves would take seconds for each layer.
        site = Site(own.atlas, own.net, images, units=own.most, beside=beside, tuned=own.most is None)
        written(site, folder, own.below, progress)
