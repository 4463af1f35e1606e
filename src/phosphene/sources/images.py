"""`images`: from what a user types to a set of pictures."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from phosphene.errors import PhospheneError
from phosphene.sources.archive import from_zip
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.folder import from_file, from_folder
from phosphene.sources.picture import Failure, ImageSet, Picture

__all__ = ["BrokenPicture", "Failure", "ImageSet", "Picture", "images"]


def images(spec: str | PathLike[str], *, split: str | None = None) -> ImageSet:
    """Return the pictures that `spec` names: a folder, a `.zip` or a single file."""
    path = Path(spec).expanduser()
    if not path.exists():
        raise PhospheneError(f"there is no {path}; give a folder, a .zip, a picture, cifar10 or samples")
    found = _read(path, split)
    if not len(found):
        raise PhospheneError(f"{path} holds no pictures; give a folder or .zip with .jpg, .png … files in it")
    return found


def _read(path: Path, split: str | None) -> ImageSet:
    if path.is_dir():
        return from_folder(path, split)
    return from_zip(path, split) if path.suffix.lower() == ".zip" else from_file(path)
