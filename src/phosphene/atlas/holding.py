"""A file that is held for writing: what a scan and whoever measures its units have in common."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from phosphene.atlas import records
from phosphene.atlas.checks import Contents, verify
from phosphene.atlas.connection import roll_back
from phosphene.atlas.refusals import Job, refusing
from phosphene.atlas.transaction import Sole
from phosphene.errors import PhospheneError


class Holder:
    """Holds a file for writing; a context manager. What was not committed when it is left is undone."""

    def __init__(self, sole: Sole, contents: Contents) -> None:
        self._sole = sole
        self._contents = contents

    @classmethod
    def _hold(cls, path: Path, job: Job) -> Self:
        """Undo what a kill left, take the file, and check all of it.

        Raises:
            PhospheneError: the place is read-only, another program writes the file, or it is damaged.
        """
        if not os.access(path.parent, os.W_OK):
            raise PhospheneError(f"{str(path.parent)!r} is read-only; copy {path.name!r} to where you may write")
        with refusing(path):
            roll_back(path)
            sole = Sole(path, job)
        try:
            with refusing(path):
                return cls(sole, verify(sole.connection, path))
        except BaseException:
            sole.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what was not committed is undone."""
        self._sole.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._sole.path

    @property
    def manifest(self) -> records.Manifest:
        """The manifest in the file."""
        return self._contents.manifest
