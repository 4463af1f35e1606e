"""A folder that a story is written into: all of it or nothing, and nobody else's files are touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from phosphene.errors import PhospheneError
from phosphene.files import reason

MANIFEST = "summary.json"
_MADE_BY = "phosphene demo"


class Folder:
    """The folder while it is being written; `put` files into it, then `finish`."""

    def __init__(self, target: Path, building: Path) -> None:
        self.target = target
        self._building = building
        self._names: list[str] = []

    def put(self, name: str, content: bytes) -> None:
        """Write one file. Raises PhospheneError where the disk or its permissions refuse."""
        with _refusals(self.target / name):
            (self._building / name).write_bytes(content)
        self._names.append(name)

    def finish(self, summary: dict[str, object]) -> None:
        """Write the manifest and bring everything into place, taking away what an earlier story left."""
        listing = {"made_by": _MADE_BY, "files": [*self._names, MANIFEST], **summary}
        self.put(MANIFEST, json.dumps(listing, indent=2, ensure_ascii=False).encode())
        with _refusals(self.target):
            if self._building.parent == self.target:
                self._move_in(_written_before(self.target))
            else:
                self._building.chmod(0o755)
                self._building.replace(self.target)

    def _move_in(self, before: set[str]) -> None:
        for name in self._names:
            if name not in before and (self.target / name).exists():
                raise PhospheneError(
                    f"{str(self.target / name)!r} was not written by the demo; move it away or choose another --out"
                )
        for name in self._names:
            (self._building / name).replace(self.target / name)
        for name in before - set(self._names):
            (self.target / name).unlink(missing_ok=True)


@contextmanager
def building(path: str | Path) -> Iterator[Folder]:
    """Yield a folder to fill; what was written is gone again if the block does not come to `Folder.finish`.

    A folder that exists is taken if it is empty or an earlier story's; then only that story's files are replaced.

    Raises PhospheneError: the folder holds something else, or it cannot be written.
    """
    target = Path(path).expanduser().resolve()
    _check(target)
    with _refusals(target):
        inside = target.is_dir()
        temporary = Path(mkdtemp(prefix=".phosphene-", dir=target if inside else target.parent))
    try:
        yield Folder(target, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(target: Path) -> None:
    if not target.parent.is_dir():
        raise PhospheneError(f"there is no folder {str(target.parent)!r}; make it first: mkdir -p {target.parent}")
    if target.exists() and not target.is_dir():
        raise PhospheneError(f"{str(target)!r} is a file; choose another folder with --out")
    with _refusals(target):
        if target.is_dir() and any(target.iterdir()) and not _written_before(target):
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
