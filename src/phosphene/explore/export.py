"""The explorer as files: the same pages in a folder, which open by a double click and can be hosted anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from phosphene.atlas.reading import Atlas
from phosphene.atlas.thumbnails import LONGEST_SIDE
from phosphene.explore import paths
from phosphene.explore.documents import Document, Documents
from phosphene.explore.folder import Folder, Maker, filling
from phosphene.explore.site import Site

MAKER = Maker("phosphene export", "export.json", "give another folder")
SMALL_COPIES = "the atlas does not hold its pictures whole, so nothing is projected; give those scanned with --images"
_KINDS = {
    ".html": "pages",
    ".webp": "pictures",
    ".png": "pictures",
    ".svg": "figures",
    ".json": "data",
    ".csv": "data",
}
_OTHER = "scripts and styles"
_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data: blob:; "
    "form-action 'self' file:; base-uri 'none'"
)
_HEAD = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'.encode()


class Told(Protocol):
    """Hears which step is under way, and how much of it is done."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Take note."""


@dataclass(frozen=True)
class Size:
    """How many files there are of a kind, and their bytes together."""

    files: int
    bytes: int


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        page: the one to open.
        units: how many have a page.
        kinds: files and bytes of pages, pictures, figures, data, and of scripts and styles.
        without: in one sentence, why there are no projections; empty where there are.
    """

    page: Path
    units: int
    kinds: dict[str, Size]
    without: str

    @property
    def total(self) -> Size:
        """All kinds together."""
        return Size(sum(kind.files for kind in self.kinds.values()), sum(kind.bytes for kind in self.kinds.values()))


def export(site: Site, folder: str | Path, told: Told) -> Exported:
    """Write all that a site shows into ``folder``: all of it, or nothing where something fails.

    The folder is new, empty, or an earlier export's, which is replaced: what it had and this one has not is gone then.

    Raises:
        PhospheneError: the folder holds something else or cannot be written, the scan has not come to its end, or a
            picture cannot be had.
    """
    site = projecting(site)
    with filling(folder, MAKER) as target:
        found = written(site, target, "", told)
        target.finish({"network": site.atlas.manifest.network, "images": site.atlas.manifest.images})
    return replace(found, page=target.target / paths.HOME)


def projecting(site: Site) -> Site:
    """Return the site, without its network where the pictures to be projected are not at hand."""
    if site.net is None or site.images is not None or whole(site.atlas):
        return site
    return replace(site, net=None, without=SMALL_COPIES)


def whole(atlas: Atlas) -> bool:
    """Whether an atlas holds every example as large as it was."""
    larger = f"SELECT count(*) FROM examples JOIN images USING (image) WHERE max(width, height) > {LONGEST_SIDE}"
    return atlas.manifest.options.keep_images and not atlas.query(larger).rows[0][0]


def written(site: Site, folder: Folder, below: str, told: Told) -> Exported:
    """Put all that a site shows into a folder that is being filled, under ``below``: ``""`` or such as ``"cifar/"``."""
    documents = Documents(site, live=False)
    files, sizes = Counter[str](), Counter[str]()
    for path, document in _steps(documents, f"{site.atlas.manifest.network}: writing", told):
        body = document.body.replace(b"<!--token-->", _HEAD, 1) if path.endswith(".html") else document.body
        folder.put(below + path, body)
        kind = _KINDS.get(Path(path).suffix, _OTHER)
        files[kind] += 1
        sizes[kind] += len(body)
    units = sum(layer.units if site.units is None else min(layer.units, site.units) for layer in site.atlas.layers)
    kinds = {kind: Size(files[kind], sizes[kind]) for kind in dict.fromkeys((*_KINDS.values(), _OTHER))}
    return Exported(folder.target / below / paths.HOME, units, kinds, site.without)


def _steps(documents: Documents, step: str, told: Told) -> Iterator[tuple[str, Document]]:
    """Yield what there is, units first, and tell how far that is: pages of units take longer than those of pictures."""
    told(f"{step} its units")
    known = list(documents.paths())
    of_pictures = [path for path in known if path.startswith((f"{paths.IMAGES}/", f"media/{paths.IMAGES}/"))]
    of_units = known[: len(known) - len(of_pictures)]
    for some, what in ((of_units, f"{step} its units"), (of_pictures, f"{step} its pictures")):
        for done, path in enumerate(some):
            told(what, done, len(some))
            document = documents.get(path)
            if document is not None:  # an atlas may hold no pictures
                yield path, document
