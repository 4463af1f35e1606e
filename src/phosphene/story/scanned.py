"""The scans a story is told from: each network over all pictures, kept as an atlas beside the page."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from phosphene.atlas.reading import Atlas
from phosphene.errors import PhospheneError
from phosphene.network import Network
from phosphene.scan.run import Finishing, scan
from phosphene.scan.run import Progress as Scanning
from phosphene.sources.images import ImageSet

SAMPLE = 4096  # pictures on which every unit's peak is kept
POSITIONS = 16  # of a picture: more change no figure's second digit
BATCH = 64  # small pictures at a time: larger batches take more memory and are no faster


class Progress(Protocol):
    """Hears which step is under way, and how much of it is done where that is known."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Take note."""


def scanned(net: Network, images: ImageSet, path: Path, progress: Progress) -> Atlas:
    """Scan the layers in which the network's convolutions end, into a new atlas at ``path``.

    Raises:
        PhospheneError: none of the pictures can be read, or the atlas cannot be written.
    """
    step = f"showing {len(images):,} pictures to {net.name}"
    progress(step)

    def tell(event: Scanning | Finishing) -> None:
        if isinstance(event, Finishing):
            progress(f"keeping what drives the units of {net.name}", event.thumbnails, event.total)
        else:
            progress(step, event.done, event.total)

    atlas = scan(net, images, path, sample=SAMPLE, positions=POSITIONS, batch=BATCH, tell=tell)
    if not atlas.progress.scanned:
        reason = atlas.failures[0].reason
        atlas.close()
        raise PhospheneError(f"no picture of {images.name} can be read; the first one: {reason}")
    return atlas


def dead_units(atlas: Atlas) -> dict[str, int]:
    """Return how many units of each layer are the same at every position of every picture."""
    counted: dict[str, int] = dict(atlas.query("SELECT layer, sum(dead) FROM units GROUP BY layer").rows)
    return {layer.name: counted[layer.name] for layer in atlas.layers}
