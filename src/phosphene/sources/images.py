"""`images`: from what a user types to a set of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike, fspath
from pathlib import Path

from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.sources.archive import from_zip
from phosphene.sources.cifar10 import FOLDER as CIFAR10_FOLDER
from phosphene.sources.cifar10 import cifar10
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.folder import from_file, from_folder
from phosphene.sources.joined import Joined
from phosphene.sources.layout import class_names, titles
from phosphene.sources.picture import Failure, ImageSet, Picture
from phosphene.sources.pictures import Held, Pictures
from phosphene.sources.samples import samples

__all__ = ["BrokenPicture", "Failure", "ImageSet", "Picture", "images"]

Spec = str | PathLike[str]


def images(
    spec: Spec | ImageSet | Iterable[Spec],
    *,
    split: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImageSet:
    """Return the pictures that `spec` names; they are decoded later, one by one.

    Args:
        spec: a folder (its sub-folders are classes), a `.zip` of such, a picture file, `cifar10`, `samples`
            (whole photographs), `samples:32` (windows of 32 x 32 pixels cut from them), or a list of those.
            A folder that bears one of these names is given as `./samples`.
        split: take only this part (`train`, `test` or `val`) of a source that has parts.
        progress: called with the bytes loaded and the bytes in all, should a download be needed.

    Raises:
        UsageError: when there is nothing of that name.
        PhospheneError: when there is no picture in it.
    """
    if isinstance(spec, ImageSet):
        return spec
    if isinstance(spec, str | PathLike):
        return _one(fspath(spec), split, progress)
    specs = [fspath(item) for item in spec]
    sets = [_one(item, split, progress) for item in specs]
    return sets[0] if len(sets) == 1 else _join(specs, sets)


def _one(spec: str, split: str | None, progress: Callable[[int, int], None] | None) -> ImageSet:
    if spec == "cifar10":
        return cifar10(split, progress)
    if spec == "samples" or spec.startswith("samples:"):
        return samples(spec, split)
    path = Path(spec).expanduser()
    if not spec or not _is_there(path):
        raise UsageError(f"there is no {spec!r}{_nearest(path)}")
    found = _read(path, split)
    if not len(found):
        raise PhospheneError(f"{spec} holds no pictures; give a folder or .zip with .jpg, .png … files in it")
    return found


def _read(path: Path, split: str | None) -> ImageSet:
    if (path / CIFAR10_FOLDER).is_dir():
        return cifar10(split, folder=path)
    if path.is_dir():
        return from_folder(path, split)
    return from_zip(path, split) if _is_zip(path) else from_file(path, split)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, a folder that may not be searched, a null character
        return False


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _nearest(path: Path) -> str:
    beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")] if path.name else []
    known = "; give a folder, a .zip, a picture, cifar10 or samples"
    return did_you_mean(str(path), ["cifar10", "samples", "samples:32", *beside]) or known


def _join(specs: list[str], sets: list[ImageSet]) -> ImageSet:
    """Put sets behind each other. A picture keeps its id, behind the set's name unless it is the set."""
    if not sets:
        raise UsageError("the list of images is empty; give at least one folder, .zip or picture")
    named = titles(specs)
    parts = [_alone(title, part) or (f"{title}/", part.pictures) for title, part in zip(named, sets, strict=True)]
    classes = class_names(label for part in sets for label in part.classes)
    failures = [failure for part in sets for failure in part.failures]
    name = " + ".join(named) if len(named) < 4 else f"{len(named)} sources"
    return ImageSet(name, Joined(parts), classes, failures)


def _alone(title: str, part: ImageSet) -> tuple[str, Pictures] | None:
    """Return the one picture of a set that is nothing else, under the set's title."""
    if len(part) != 1 or part[0].id != part.name:
        return None
    return "", Held([Picture(title, part[0].label, part[0].source)])
