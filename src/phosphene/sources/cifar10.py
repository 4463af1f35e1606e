"""CIFAR-10 as torchvision reads it: from the user's cache, downloaded there once.

The data are Python pickles; torchvision opens them only after their checksums were found right.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from phosphene.errors import PhospheneError, UsageError
from phosphene.files import reason, writing
from phosphene.sources.cache import cache_folder
from phosphene.sources.layout import SPLITS
from phosphene.sources.picture import ImageSet, Picture, Pixels

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10  # type: ignore[import-untyped]

FOLDER = "cifar-10-batches-py"
"""The folder that the original archive unpacks to."""

Progress = Callable[[int, int], None]

_TIMEOUT = 30  # seconds without an answer
_BLOCK = 1 << 20


def cifar10(split: str | None = None, progress: Progress | None = None, folder: Path | None = None) -> ImageSet:
    """Return CIFAR-10: 50,000 pictures in `train` and 10,000 in `test`, 32 x 32 in 10 classes.

    Args:
        split: one of the two, or None for both.
        progress: called with the bytes loaded and the bytes in all while it is downloaded.
        folder: what holds `cifar-10-batches-py`, instead of the cache and a download.

    """
    parts = ["train", "test"] if split is None else [SPLITS.get(split.lower(), split)]
    if parts[0] not in ("train", "test"):
        raise UsageError(f"cifar10 has no split {split!r}; it has train and test")
    if folder is None:
        folder = cache_folder() / "cifar10"
        _fetch(folder, progress)
    loaded = [_load(folder, part) for part in parts]
    pictures = [picture for part, data in zip(parts, loaded, strict=True) for picture in _pictures(part, data)]
    return ImageSet("cifar10", pictures, loaded[0].classes)


def _load(folder: Path, part: str) -> CIFAR10:
    """Open one part; the archive beside it is unpacked first where that was not done yet."""
    from torchvision.datasets import CIFAR10

    unpack = (folder / CIFAR10.filename).exists()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # older versions print that there is nothing to do
            return CIFAR10(folder, train=part == "train", download=unpack)
    except (RuntimeError, OSError) as error:
        raise PhospheneError(f"the CIFAR-10 in {folder} is not complete; delete that folder and try again") from error


def _pictures(part: str, data: CIFAR10) -> Iterator[Picture]:
    """Yield the pictures in torchvision's order; the number in the id is torchvision's index."""
    for index, (values, target) in enumerate(zip(data.data, data.targets, strict=True)):
        label = data.classes[target]
        yield Picture(f"{part}/{label}/{index:05d}", label, Pixels(values))


def _fetch(folder: Path, progress: Progress | None) -> None:
    """Download the archive, unless it or what is in it is there; it appears whole or not at all."""
    from torchvision.datasets import CIFAR10

    if (folder / FOLDER).is_dir() or (folder / CIFAR10.filename).exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhospheneError(f"cannot make {folder}: {reason(error)} with PHOSPHENE_CACHE") from error
    digest = hashlib.md5(usedforsecurity=False)
    with writing(folder / CIFAR10.filename) as temporary, temporary.open("wb") as out:
        for block in _download(CIFAR10.url, progress):
            out.write(block)
            digest.update(block)
        if digest.hexdigest() != CIFAR10.tgz_md5:
            raise PhospheneError(_offline("what came was not the expected file"))


def _download(url: str, progress: Progress | None) -> Iterator[bytes]:
    """Yield what the address holds, block by block."""
    done = 0
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(_BLOCK):
                done += len(block)
                yield block
                if progress:
                    progress(done, total)
    except (OSError, HTTPException, ValueError) as error:
        raise PhospheneError(_offline(str(getattr(error, "reason", error)))) from error


def _offline(why: str) -> str:
    return (
        f"CIFAR-10 could not be downloaded ({why}); give the path of a local copy instead of `cifar10`:"
        " a folder or .zip with train/CLASS and test/CLASS pictures"
    )
