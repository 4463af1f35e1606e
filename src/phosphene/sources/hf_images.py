"""``hf/NAME``: image sets of the Hugging Face hub, or of a folder, through the optional datasets.

Only data are read: releases of datasets that would run a script of a repository are refused. They lie on the disk as
Arrow files that are mapped into memory, and each picture is decoded by our own decoder when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phosphene.errors import PhospheneError
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.encoded import MAX_BYTES
from phosphene.sources.extras import extra, fetching
from phosphene.sources.folder import File, is_there
from phosphene.sources.hf_columns import Columns, found_columns
from phosphene.sources.joined import Joined
from phosphene.sources.layout import chosen_split, printable
from phosphene.sources.picture import ImageSet, Picture
from phosphene.sources.pictures import Pictures

PREFIX = "hf/"
_SAVED = ("dataset_dict.json", "state.json")
"""Files of a folder that ``save_to_disk`` has written."""
_OLDEST = 4
"""The first release of datasets that runs no scripts."""
_INSTEAD = "check the name and the network; a folder that save_to_disk has written, or one of Parquet files, works too"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: a picture's file, or the path of one."""

    table: Any
    column: str
    row: int

    def mark(self) -> str:
        """Return the length of the file, which is known without reading it."""
        content = self._content()
        return content.mark() if isinstance(content, File) else str(len(content))

    def read(self) -> bytes:
        """Return the file's content."""
        content = self._content()
        if isinstance(content, File):
            return content.read()
        if len(content) > MAX_BYTES:
            raise BrokenPicture(f"the file has {len(content) // 1_000_000} MB, more than {MAX_BYTES // 1_000_000}")
        return bytes(content)

    def _content(self) -> memoryview | File:
        """Return the bytes where they lie in the mapped file, or the file that the path names."""
        cell = self.table[self.row].column(self.column)[0]
        path = None
        if hasattr(cell, "keys"):  # of the two that a picture has, bytes and path, one may be missing
            path = cell["path"].as_py() if "path" in cell and cell.is_valid else None
            cell = cell["bytes"] if cell.is_valid else cell
        if cell.is_valid:
            return memoryview(cell.as_buffer())
        return memoryview(b"") if path is None else File(path)


class Rows(Pictures):
    """The pictures of one split."""

    def __init__(self, name: str, table: Any, columns: Columns) -> None:
        self._name, self._columns = name, columns
        self._table = table.select_columns(columns.all).with_format("arrow")

    def __len__(self) -> int:
        return len(self._table)

    def at(self, index: int) -> Picture:
        """Return one picture."""
        label = self._columns.class_of(self._table[index])
        id = "/".join(part for part in (self._name, label and label.replace("/", "_"), f"{index:06d}") if part)
        return Picture(id, label, Cell(self._table, self._columns.image, index))


def is_saved(folder: Path) -> bool:
    """Whether ``save_to_disk`` of datasets has written this folder."""
    return any(is_there(folder / name) for name in _SAVED)


def from_hf_images(name: str, split: str | None) -> ImageSet:
    """Return the pictures of a set of the hub (``OWNER/NAME``, ``OWNER/NAME:CONFIGURATION``) or of a folder.

    Raises:
        UsageError: there is no such split.
        PhospheneError: the package is missing or too old, the set cannot be fetched, or it has no pictures.
    """
    tables = _loaded(name)
    if split is not None:
        wanted = chosen_split(split, tables, name)
        tables = {wanted: tables[wanted]}
    columns = {part: found_columns(table, name) for part, table in tables.items()}
    parts = [("", Rows(printable(part), table, columns[part])) for part, table in tables.items()]
    classes: dict[str, None] = {}  # in the order of their numbers
    for each in columns.values():
        classes |= dict.fromkeys(each.names)
    return ImageSet(Path(name).name if is_there(Path(name)) else name, Joined(parts), classes)


def _loaded(name: str) -> dict[str, Any]:
    """Return the tables of all splits; of a table alone under the name of its split, ``""`` if it has none."""
    folder = Path(name).expanduser()
    spec = name if is_there(folder) else f"{PREFIX}{name}"
    datasets = extra("datasets", "hf", spec)
    if int(datasets.__version__.partition(".")[0]) < _OLDEST:
        raise PhospheneError(
            f"{spec} needs datasets {_OLDEST} or newer, which run no scripts, and here is {datasets.__version__}; "
            "get it with: python -m pip install --upgrade 'phosphene[hf]'"
        )
    with fetching(spec, _INSTEAD), _quiet(datasets):
        if is_saved(folder):
            loaded = datasets.load_from_disk(str(folder))
        else:
            repository, _, configuration = (str(folder), "", "") if is_there(folder) else name.partition(":")
            loaded = datasets.load_dataset(repository, configuration or None)
    return dict(loaded) if isinstance(loaded, dict) else {str(loaded.split or ""): loaded}


@contextmanager
def _quiet(datasets: Any) -> Iterator[None]:
    """Show the package's bars to people only."""
    off = datasets.are_progress_bars_disabled()
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not off:
            datasets.enable_progress_bars()
