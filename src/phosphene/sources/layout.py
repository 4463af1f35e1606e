"""Names of files → ids, classes and splits: one reading of a layout, for folders and for archives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from phosphene.errors import UsageError, did_you_mean
from phosphene.sources.formats import SUFFIXES

SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "val",
    "valid": "val",
    "validation": "val",
}
"""Names of a folder that is a split, and the split it is."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that is a picture by its name: what it is called, and its place in the layout."""

    name: str
    """As the folder or archive calls it."""
    id: str
    label: str | None
    split: str | None


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which `img2` comes before `img10`, and a folder before what only begins with its name."""
    parts = re.split(r"(\d{1,18})", text.replace("/", "\0"))
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part)


def place(names: Iterable[str]) -> list[Placed]:
    """Return the pictures among the `/`-separated names, in natural order, with their class and split.

    One folder that wraps everything is left out of the ids. If every folder at the top is named as a split
    (`train`, `test`, `val` …), it is one, and the folders below it are the classes; otherwise the folders at
    the top are the classes.
    """
    paths = {name: path_parts(name) for name in names}
    paths = {name: parts for name, parts in paths.items() if _is_picture(parts)}
    while _is_wrapped(list(paths.values())):
        paths = {name: parts[1:] for name, parts in paths.items()}
    has_splits = all(parts[0].lower() in SPLITS for parts in paths.values() if len(parts) > 1)
    placed = [_place(name, parts, has_splits) for name, parts in paths.items()]
    placed.sort(key=lambda item: natural(item.id))
    ids = unique(item.id for item in placed)
    return [item if item.id == id else replace(item, id=id) for item, id in zip(placed, ids, strict=True)]


def choose(placed: list[Placed], split: str | None, where: str) -> list[Placed]:
    """Return the pictures of one split, or all for None; without a test split, `test` means `val`."""
    if split is None:
        return placed
    present = sorted({item.split for item in placed if item.split})
    wanted = SPLITS.get(split.lower(), split)
    if wanted == "test" and "test" not in present:
        wanted = "val"
    if wanted not in present:
        known = f"; it has {' and '.join(present)}" if present else "; leave the split out to take all of it"
        raise UsageError(f"{where} has no split {split!r}{did_you_mean(split, present) or known}")
    return [item for item in placed if item.split == wanted]


def class_names(placed: Iterable[Placed]) -> tuple[str, ...]:
    """Return the class names in natural order."""
    return tuple(sorted({item.label for item in placed if item.label is not None}, key=natural))


def path_parts(name: str) -> list[str]:
    """Return the parts of a path that name something, without bytes that would upset a terminal or file."""
    if not name.isprintable():
        name = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return [part for part in name.split("/") if part not in ("", ".", "..")]


def unique(ids: Iterable[str]) -> list[str]:
    """Return the ids with ` (2)`, ` (3)` … after the second, third … time that one occurs."""
    seen: Counter[str] = Counter()
    result = []
    for id in ids:
        seen[id] += 1
        result.append(id if seen[id] == 1 else f"{id} ({seen[id]})")
    return result


def _is_picture(parts: list[str]) -> bool:
    """Whether the name has a picture's suffix and no part of it is hidden."""
    if not parts or any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return False
    return parts[-1].lower().endswith(SUFFIXES)


def _is_wrapped(paths: list[list[str]]) -> bool:
    top = {parts[0] for parts in paths}
    return len(top) == 1 and all(len(p) > 2 for p in paths) and next(iter(top)).lower() not in SPLITS


def _place(name: str, parts: list[str], has_splits: bool) -> Placed:
    split = SPLITS[parts[0].lower()] if has_splits and len(parts) > 1 else None
    folders = parts[(1 if split else 0) : -1]
    return Placed(name, "/".join(parts), folders[0] if folders else None, split)
