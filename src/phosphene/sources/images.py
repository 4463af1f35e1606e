"""`images`: from what a user types to a set of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike, fspath
from pathlib import Path

from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.sources.archive import from_zip
from phosphene.sources.braces import expanded
from phosphene.sources.cifar10 import FOLDER as CIFAR10_FOLDER
from phosphene.sources.cifar10 import cifar10
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.folder import from_file, from_folder, is_there
from phosphene.sources.hf_images import PREFIX as HF
from phosphene.sources.hf_images import from_hf_images, is_saved
from phosphene.sources.joined import Joined
from phosphene.sources.layout import class_names, titles
from phosphene.sources.listing import SUFFIXES as LISTS
from phosphene.sources.listing import from_list
from phosphene.sources.picture import Failure, ImageSet, Picture
from phosphene.sources.pictures import Held, Pictures
from phosphene.sources.samples import samples
from phosphene.sources.tar import from_tars, is_tar

__all__ = ["BrokenPicture", "Failure", "ImageSet", "Picture", "images"]

Spec = str | PathLike[str]

_KINDS = "a folder, a .zip, a .tar, a list, a picture, hf/NAME, cifar10 or samples"


def images(
    spec: Spec | ImageSet | Iterable[Spec],
    *,
    split: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImageSet:
    """Return the pictures that `spec` names; they are decoded later, one by one.

    Args:
        spec: a folder (its sub-folders are classes), a `.zip` of such, a `.tar` as webdataset makes them (several:
            `shard-{000..009}.tar`), a `.txt`, `.tsv` or `.csv` that lists pictures, a picture file, `hf/NAME` (a set
            of the Hugging Face hub, or a folder of datasets), `cifar10`, `samples` (whole photographs), `samples:32`
            (windows of 32 x 32 pixels cut from them), or a list of those.
            A folder that bears one of these names is given as `./samples`.
        split: take only this part (`train`, `test`, `val` …) of a source that has parts.
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
    if len(specs) > 1 and all(map(_is_archive, specs)):
        return from_tars(specs, split)  # shards of one set
    sets = [_one(item, split, progress) for item in specs]
    return sets[0] if len(sets) == 1 else _join(specs, sets)


def _one(spec: str, split: str | None, progress: Callable[[int, int], None] | None) -> ImageSet:
    if spec == "cifar10":
        return cifar10(split, progress)
    if spec == "samples" or spec.startswith("samples:"):
        return samples(spec, split)
    path = Path(spec).expanduser()
    if spec.startswith(HF) and len(spec) > len(HF) and not is_there(path):
        found = from_hf_images(spec.removeprefix(HF), split)
    elif _is_archive(spec):
        found = from_tars([spec], split)
    elif spec and is_there(path):
        found = _read(path, split)
    else:
        raise UsageError(f"there is no {spec!r}{_nearest(path)}")
    if not len(found):
        raise PhospheneError(f"{spec} holds no pictures; give a folder or .zip with .jpg, .png … files in it")
    return found


def _read(path: Path, split: str | None) -> ImageSet:
    if (path / CIFAR10_FOLDER).is_dir():
        return cifar10(split, folder=path)
    if path.is_dir():
        return from_hf_images(str(path), split) if is_saved(path) else from_folder(path, split)
    if path.suffix.lower() in LISTS:
        return from_list(path, split)
    return from_zip(path, split) if path.suffix.lower() == ".zip" else from_file(path, split)


def _is_archive(spec: str) -> bool:
    """Whether this is an archive that is there, or the name of several."""
    path = Path(spec).expanduser()
    return is_tar(spec) and (expanded(spec) != [spec] or (is_there(path) and not path.is_dir()))


def _nearest(path: Path) -> str:
    beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")] if path.name else []
    return did_you_mean(str(path), ["cifar10", "samples", "samples:32", *beside]) or f"; give {_KINDS}"


def _join(specs: list[str], sets: list[ImageSet]) -> ImageSet:
    """Put sets behind each other. A picture keeps its id, behind the set's name unless it is the set."""
    if not sets:
        raise UsageError("the list of images is empty; give at least one folder, .zip or picture")
    named = titles(specs)
    parts = [_part(spec, title, found) for spec, title, found in zip(specs, named, sets, strict=True)]
    classes = class_names(label for part in sets for label in part.classes)
    failures = [failure for part in sets for failure in part.failures]
    name = " + ".join(named) if len(named) < 4 else f"{len(named)} sources"
    return ImageSet(name, Joined(parts), classes, failures)


def _part(spec: str, title: str, found: ImageSet) -> tuple[str, Pictures]:
    """Return what is put before the ids of a set, and its pictures."""
    if len(found) == 1 and found[0].id == found.name:  # nothing but one picture: it has the title
        return "", Held([Picture(title, found[0].label, found[0].source)])
    return "" if _is_archive(spec) else f"{title}/", found.pictures
