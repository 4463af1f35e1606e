"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phosphene.errors import PhospheneError


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` (same suffix), renamed to ``path`` when the block ends well.

    Missing parent folders are made. If the block raises, the temporary file is removed and whatever stood at
    ``path`` before still stands. Raises :class:`PhospheneError` where the disk or its permissions refuse.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise PhospheneError(
            f"cannot write {str(path)!r} ({error.strerror or error}); choose another place or make room"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
