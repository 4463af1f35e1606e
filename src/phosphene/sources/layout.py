"""Names of files → ids, classes and splits: one reading of a layout, for folders and for archives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

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


def natural(text: str) -> str:
    """Sort key in which `img2` comes before `img10`, and a folder before what only begins with its name.

    A string, as a million of them take little room: each number is filled up with zeros behind a mark that is below
    every letter, and after it comes how many digits it had, the more the earlier.
    """
    parts = _NUMBER.split(text.replace("/", "\1"))
    parts[1::2] = [f"\0{digits:0>18}{chr(19 - len(digits))}" for digits in parts[1::2]]
    return "".join(parts)


_NUMBER = re.compile(r"([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Folder:
    """What lying in a folder means: how ids of the pictures there begin, their class and split."""

    prefix: str
    label: str | None
    split: str | None
    order: str
    """`natural` of the prefix."""


class Layout:
    """What the folders of an archive or a folder mean, learned from all of them.

    One folder that wraps everything is left out of the ids. If every folder at the top is named as a split
    (`train`, `test`, `val` …), it is one, and the folders below it are the classes; otherwise the folders at
    the top are the classes.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        paths = {name: path_parts(name) for name in folders}
        while _is_wrapped(list(paths.values())):
            paths = {name: parts[1:] for name, parts in paths.items()}
        has_splits = {parts[0].lower() for parts in paths.values() if parts} <= set(SPLITS)
        self._folders = {name: _folder(parts, has_splits) for name, parts in paths.items()}

    @property
    def splits(self) -> set[str]:
        """The splits that there are."""
        return {folder.split for folder in self._folders.values() if folder.split}

    def labels(self, split: str | None = None) -> set[str | None]:
        """Return the classes of a split, or of all."""
        return {folder.label for folder in self._folders.values() if split in (None, folder.split)}

    def folder(self, name: str) -> Folder:
        """Return what the folder means in which the picture of this name lies."""
        return self._folders[name.rpartition("/")[0]]

    def order(self, name: str) -> str:
        """Return `natural` of the id of the picture of this name, in half the time."""
        head, _, tail = name.rpartition("/")
        return self._folders[head].order + natural(printable(tail))

    def place(self, name: str) -> Placed:
        """Return the place of one picture by its `/`-separated name."""
        head, _, tail = name.rpartition("/")
        folder = self._folders[head]
        return Placed(name, folder.prefix + printable(tail), folder.label, folder.split)


def _folder(parts: list[str], has_splits: bool) -> Folder:
    split = SPLITS[parts[0].lower()] if has_splits and parts else None
    below = parts[1:] if split else parts
    prefix = "".join(f"{part}/" for part in parts)
    return Folder(prefix, below[0] if below else None, split, natural(prefix))


def place(names: Iterable[str]) -> list[Placed]:
    """Return the pictures among the `/`-separated names, in natural order, with their class and split."""
    kept = [name for name in names if is_picture(name)]
    layout = Layout({folder_of(name) for name in kept})
    placed = sorted((layout.place(name) for name in kept), key=lambda item: natural(item.id))
    again = repeats(lambda: (item.id for item in placed))
    return [replace(item, id=numbered(item.id, again.get(index))) for index, item in enumerate(placed)]


def choose(placed: list[Placed], split: str | None, where: str) -> list[Placed]:
    """Return the pictures of one split, or all for None; without a test split, `test` means `val`."""
    if split is None:
        return placed
    wanted = chosen_split(split, {item.split for item in placed if item.split}, where)
    return [item for item in placed if item.split == wanted]


def chosen_split(split: str, present: Iterable[str], where: str) -> str:
    """Return which of the splits that are `present` is meant; without a test split, `test` means `val`."""
    known = {SPLITS.get(name.lower(), name): name for name in sorted(present)}
    wanted = SPLITS.get(split.lower(), split)
    if wanted == "test" and "test" not in known:
        wanted = "val"
    if split in known.values():
        return split
    if wanted not in known:
        names = sorted(known.values())
        advice = f"; it has {' and '.join(names)}" if names else "; leave the split out to take all of it"
        raise UsageError(f"{where} has no split {split!r}{did_you_mean(split, names) or advice}")
    return known[wanted]


def class_names(labels: Iterable[str | None]) -> tuple[str, ...]:
    """Return the class names among the labels, each once, in natural order."""
    return tuple(sorted({label for label in labels if label is not None}, key=natural))


def path_parts(name: str) -> list[str]:
    """Return the parts of a path that name something, without bytes that would upset a terminal or file."""
    return [part for part in printable(name).split("/") if part not in ("", ".", "..")]


def printable(text: str) -> str:
    """Return a text with what would upset a terminal or file written out as in Python's strings."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def titles(paths: Sequence[str]) -> list[str]:
    """Return the last part of each path, or all of it where that alone is not unique."""
    parts = [path_parts(path) or ["."] for path in paths]
    times = Counter(part[-1] for part in parts)
    return [part[-1] if times[part[-1]] == 1 else "/".join(part) for part in parts]


def repeats(ids: Callable[[], Iterable[str]]) -> dict[int, int]:
    """Return {index: which time it is} of every id that has occurred before.

    The ids are gone through twice where some repeat; only those that do are held, and eight bytes of every other.
    """
    hashes = np.fromiter(map(hash, ids()), np.int64)
    hashes.sort()
    doubtful = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
    if not doubtful:
        return {}
    seen: Counter[str] = Counter()
    again: dict[int, int] = {}
    for index, id in enumerate(ids()):
        if hash(id) in doubtful:
            seen[id] += 1
            if seen[id] > 1:
                again[index] = seen[id]
    return again


def numbered(id: str, time: int | None) -> str:
    """Return an id with ` (2)`, ` (3)` … the second, third … time that it occurs."""
    return id if time is None else f"{id} ({time})"


def folder_of(name: str) -> str:
    """Return the folder that a `/`-separated name lies in."""
    return name.rpartition("/")[0]


def is_picture(name: str) -> bool:
    """Whether the name has a picture's suffix and no part of it is hidden."""
    if not name.lower().endswith(SUFFIXES):
        return False
    suspect = name.startswith(".") or "/." in name or "__MACOSX" in name
    return not (suspect and any(part.startswith(".") or part == "__MACOSX" for part in path_parts(name)))


def _is_wrapped(folders: list[list[str]]) -> bool:
    top = {parts[0] if parts else "" for parts in folders}
    return len(top) == 1 and all(len(p) > 1 for p in folders) and next(iter(top)).lower() not in SPLITS
