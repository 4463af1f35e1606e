"""A folder that a program fills: all of it or nothing, and nobody else's files are touched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path, PurePosixPath

from phosphene.errors import PhospheneError
from phosphene.files import reason

_LOCK = "lock"


@dataclass(frozen=True)
class Maker:
    """Who fills a folder.

    Attributes:
        command: what was typed, such as ``phosphene demo``; the manifest says so, and later ones know it by that.
        manifest: the file that lists what was written.
        elsewhere: what to do where the folder cannot be taken.
    """

    command: str
    manifest: str
    elsewhere: str

    @property
    def building(self) -> str:
        """The folder in the folder that is there as long as it is being filled."""
        return f".{self.command.replace(' ', '-')}"


class Folder:
    """The folder while it is being filled; `put` files into it, then `finish`.

    Files are named by their path in it, with slashes.
    """

    def __init__(self, target: Path, maker: Maker) -> None:
        self.target = target
        self._maker = maker
        self._building = target / maker.building
        self._names: set[str] = set()
        self._made: set[Path] = set()

    def path(self, name: str) -> Path:
        """Return where a file is to be written. Raises ValueError for a name that would lead elsewhere."""
        if not _stays_inside(name):
            raise ValueError(f"{name!r} is no path inside a folder")
        self._names.add(name)
        beside = self._building / name
        if beside.parent not in self._made:
            beside.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(beside.parent)
        return beside

    def put(self, name: str, content: bytes) -> None:
        """Write one file. Raises PhospheneError where the disk or its permissions refuse."""
        with _refusals(self.target / name):
            self.path(name).write_bytes(content)

    def finish(self, summary: dict[str, object]) -> None:
        """Write the manifest and bring everything into place, taking away what was written earlier and is no more."""
        manifest = self._maker.manifest
        before = _written_before(self.target, self._maker)
        self._check(before)
        self._list({*self._names, *before, manifest}, {})  # after a kill, all that is there is known as ours
        with _refusals(self.target):
            for folder in sorted({(self.target / name).parent for name in self._names}):
                folder.mkdir(parents=True, exist_ok=True)
            for name in sorted(self._names):
                (self._building / name).replace(self.target / name)
            _take_away(self.target, before - {*self._names, manifest})
        self._list({*self._names, manifest}, summary)

    def _check(self, before: set[str]) -> None:
        folders = {folder for name in self._names for folder in _folders(name)}
        blocked = (self.target / folder for folder in folders if not _may_be_folder(self.target / folder))
        foreign = (self.target / name for name in self._names - before if lexists(self.target / name))
        if wrong := sorted([*blocked, *foreign]):
            raise PhospheneError(
                f"{str(wrong[0])!r} was not written by {self._maker.command!r}; move it away or {self._maker.elsewhere}"
            )

    def _list(self, names: set[str], summary: dict[str, object]) -> None:
        """Write the manifest in one step."""
        listing = {"made_by": self._maker.command, "files": sorted(names), **summary}
        with _refusals(self.target / self._maker.manifest):
            beside = self._building / self._maker.manifest
            beside.write_bytes(json.dumps(listing, indent=2, ensure_ascii=False).encode())
            beside.replace(self.target / self._maker.manifest)


@contextmanager
def filling(path: str | Path, maker: Maker) -> Iterator[Folder]:
    """Yield a folder to fill; what was written is gone again if the block does not come to `Folder.finish`.

    A folder that exists is taken if it is empty or the same maker filled it earlier; then only the files from then are
    replaced. What was left by one that was killed is taken away.

    Raises PhospheneError: the folder holds something else, it cannot be written, or another one is filling it.
    """
    target = Path(path).expanduser().resolve()
    _check(target, maker)
    new = not target.exists()
    temporary = target / maker.building
    try:
        with _refusals(target):
            temporary.mkdir(parents=True, exist_ok=True)
        with _alone(target, maker):
            with _refusals(target):
                _clear(temporary)
            yield Folder(target, maker)
    finally:
        if new:
            with suppress(OSError):
                target.rmdir()


@contextmanager
def _alone(target: Path, maker: Maker) -> Iterator[None]:
    """Hold SQLite's lock on a file, which the system takes back however the program ends; then take all of it away."""
    temporary = target / maker.building
    connection = sqlite3.connect(temporary / _LOCK, timeout=0, isolation_level=None)
    held = False
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise PhospheneError(
                f"another {maker.command!r} is writing into {str(target)!r}; let it end, or {maker.elsewhere}"
            ) from error
        held = True
        yield
    finally:
        connection.close()
        if held:
            shutil.rmtree(temporary, ignore_errors=True)


def _clear(temporary: Path) -> None:
    """Take away what is in the folder, but for the lock."""
    for left in temporary.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        elif left.name != _LOCK:
            left.unlink(missing_ok=True)


def _take_away(target: Path, names: Iterable[str]) -> None:
    """Remove files, and folders that are empty then; what a link leads to is not ours."""
    for name in names:
        if all(_may_be_folder(target / folder) for folder in _folders(name)):
            (target / name).unlink(missing_ok=True)
    for folder in sorted({folder for name in names for folder in _folders(name)}, reverse=True):
        with suppress(OSError):
            (target / folder).rmdir()


def _folders(name: str) -> list[str]:
    """Return the folders that a file lies in, from the top: ``a`` and ``a/b`` for ``a/b/c``."""
    return [str(folder) for folder in reversed(PurePosixPath(name).parents) if folder.name]


def _may_be_folder(path: Path) -> bool:
    return (path.is_dir() and not path.is_symlink()) or not lexists(path)


def _check(target: Path, maker: Maker) -> None:
    if not target.parent.is_dir():
        raise PhospheneError(f"there is no folder {str(target.parent)!r}; make it first: mkdir -p {target.parent}")
    if target.exists() and not target.is_dir():
        raise PhospheneError(f"{str(target)!r} is a file; {maker.elsewhere}")
    with _refusals(target):
        empty = not target.is_dir() or all(each.name == maker.building for each in target.iterdir())
    if not empty and not _written_before(target, maker):
        raise PhospheneError(f"{str(target)!r} holds files of something else; {maker.elsewhere}")


def _written_before(target: Path, maker: Maker) -> set[str]:
    """Return the names that the maker wrote into ``target`` earlier, if the manifest there is one of its own."""
    try:
        said = json.loads((target / maker.manifest).read_text(encoding="utf-8"))
        names = said["files"] if said["made_by"] == maker.command else []
        return {name for name in names if isinstance(name, str) and _stays_inside(name)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _stays_inside(name: str) -> bool:
    """Whether a name is the plain path of a file below a folder, on every system."""
    parts = name.split("/")
    return not {"", ".", ".."} & set(parts) and not set(name) & set("\\:\0")


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhospheneError(f"cannot write {str(path)!r}: {reason(error)}") from error
