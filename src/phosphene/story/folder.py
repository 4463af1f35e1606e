"""A folder that a story is written into: all of it or nothing, and nobody else's files are touched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phosphene.errors import PhospheneError
from phosphene.files import reason

MANIFEST = "summary.json"
BUILDING = ".phosphene-demo"  # in the folder, as long as a story is being written
_LOCK = "lock"
_MADE_BY = "phosphene demo"


class Folder:
    """The folder while it is being written; `put` files into it, then `finish`."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._building = target / BUILDING
        self._names: list[str] = []

    def path(self, name: str) -> Path:
        """Return where a file of the story is to be written."""
        self._names.append(name)
        return self._building / name

    def put(self, name: str, content: bytes) -> None:
        """Write one file. Raises PhospheneError where the disk or its permissions refuse."""
        with _refusals(self.target / name):
            self.path(name).write_bytes(content)

    def finish(self, summary: dict[str, object]) -> None:
        """Write the manifest and bring everything into place, taking away what an earlier story left."""
        before = _written_before(self.target)
        self._check(before)
        self._list({*self._names, *before, MANIFEST}, {})  # after a kill, all that is there is known as ours
        with _refusals(self.target):
            for name in self._names:
                (self._building / name).replace(self.target / name)
            for name in before - {*self._names, MANIFEST}:
                (self.target / name).unlink(missing_ok=True)
        self._list({*self._names, MANIFEST}, summary)

    def _check(self, before: set[str]) -> None:
        for name in self._names:
            if name not in before and (self.target / name).exists():
                raise PhospheneError(
                    f"{str(self.target / name)!r} was not written by the demo; move it away or choose another --out"
                )

    def _list(self, names: set[str], summary: dict[str, object]) -> None:
        """Write the manifest in one step."""
        listing = {"made_by": _MADE_BY, "files": sorted(names), **summary}
        with _refusals(self.target / MANIFEST):
            beside = self._building / MANIFEST
            beside.write_bytes(json.dumps(listing, indent=2, ensure_ascii=False).encode())
            beside.replace(self.target / MANIFEST)


@contextmanager
def building(path: str | Path) -> Iterator[Folder]:
    """Yield a folder to fill; what was written is gone again if the block does not come to `Folder.finish`.

    A folder that exists is taken if it is empty or an earlier story's; then only that story's files are replaced.
    What a story left that was killed is taken away.

    Raises PhospheneError: the folder holds something else, it cannot be written, or another story is being written.
    """
    target = Path(path).expanduser().resolve()
    _check(target)
    new = not target.exists()
    temporary = target / BUILDING
    try:
        with _refusals(target):
            temporary.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            with _refusals(target):
                _clear(temporary)
            yield Folder(target)
    finally:
        if new:
            with suppress(OSError):
                target.rmdir()


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold SQLite's lock on a file, which the system takes back however the program ends; then take all of it away."""
    connection = sqlite3.connect(target / BUILDING / _LOCK, timeout=0, isolation_level=None)
    held = False
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise PhospheneError(
                f"another demo is writing into {str(target)!r}; let it end, or choose another folder with --out"
            ) from error
        held = True
        yield
    finally:
        connection.close()
        if held:
            shutil.rmtree(target / BUILDING, ignore_errors=True)


def _clear(temporary: Path) -> None:
    """Take away what is in the folder, but for the lock."""
    for left in temporary.iterdir():
        if left.name != _LOCK:
            left.unlink(missing_ok=True)


def _check(target: Path) -> None:
    if not target.parent.is_dir():
        raise PhospheneError(f"there is no folder {str(target.parent)!r}; make it first: mkdir -p {target.parent}")
    if target.exists() and not target.is_dir():
        raise PhospheneError(f"{str(target)!r} is a file; choose another folder with --out")
    with _refusals(target):
        if target.is_dir() and any(each.name != BUILDING for each in target.iterdir()) and not _written_before(target):
            raise PhospheneError(f"{str(target)!r} holds files of something else; choose another folder with --out")


def _written_before(target: Path) -> set[str]:
    """Return the names that an earlier story wrote into ``target``, if its manifest is one of ours."""
    try:
        said = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        names = said["files"] if said["made_by"] == _MADE_BY else []
        return {name for name in names if isinstance(name, str) and name == Path(name).name}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhospheneError(f"cannot write {str(path)!r}: {reason(error)}") from error
