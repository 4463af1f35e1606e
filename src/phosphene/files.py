"""Writing files so that a reader never sees half of one, and saying in words why the system refused."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phosphene.errors import PhospheneError

_REASONS = {
    errno.ENOSPC: "the disk is full; make room or choose another folder",
    errno.EDQUOT: "your disk quota is used up; make room or choose another folder",
    errno.EACCES: "there is no permission for it; choose another place",
    errno.EPERM: "there is no permission for it; choose another place",
    errno.EROFS: "that file system is read-only; choose another place",
    errno.ENOENT: "there is no such file or folder; check its name",
    errno.EISDIR: "that is a folder; add a file name",
    errno.ENOTDIR: "a part of that path is a file, not a folder; check it",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def reason(error: OSError) -> str:
    """Return why the system refused, and what to do about it where that is known."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` (same suffix), renamed to ``path`` when the block ends well.

    If the block raises, the temporary file is removed, and whatever stood at ``path`` before still stands.

    Raises:
        PhospheneError: the folder of ``path`` is missing, or the disk or its permissions refuse.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise PhospheneError(f"there is no folder {str(path.parent)!r}; make it first: mkdir -p {path.parent}")
    temporary = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise PhospheneError(f"cannot write {str(path)!r}: {reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)
