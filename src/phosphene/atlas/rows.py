"""Rows of a table: from records, and sealed by a hash over every value."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import attrgetter, index
from typing import Any

import numpy as np

from phosphene.atlas.records import Array
from phosphene.atlas.schema import Column, Table

Row = tuple[Any, ...]
BLOCK = 4096
"""Rows that are hashed at once."""


@dataclass(frozen=True)
class Seal:
    """How many rows a table has, and the SHA-256 over their values (docs/atlas-format.md, Seals)."""

    name: str
    rows: int
    sha256: str


def rows_of(table: Table, records: Iterable[object]) -> Iterator[Row]:
    """Yield records whose attributes are called like the table's columns as its rows."""
    return map(attrgetter(*(column.name for column in table.columns)), records)


def plain(table: Table, rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows in blocks, as SQLite will give them back: plain numbers, NaN as NULL.

    Raises:
        TypeError: a value is not of its column's kind.
        ValueError: a text is longer than its column takes.
    """
    for block in _blocks(rows):
        columns = (map(_plain(column), cells) for column, cells in zip(table.columns, _turned(block), strict=True))
        yield list(zip(*columns, strict=True))


def _turned(block: Sequence[Row]) -> Iterator[Row]:
    return zip(*block, strict=True)


def _plain(column: Column) -> Callable[[Any], Any]:
    text = _text if column.longest is None else partial(_bounded, column)
    kinds: dict[str, Callable[[Any], Any]] = {"INTEGER": _whole, "REAL": float, "TEXT": text, "BLOB": bytes}
    convert = kinds[column.kind]
    return _or_null(convert) if column.optional else convert


def _or_null(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value != value else convert(value)


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, np.bool_) else index(value)


def _text(value: str) -> str:
    """Names of files need not be UTF-8, but text in the file is."""
    return value.encode("utf-8", "backslashreplace").decode()


def _bounded(column: Column, value: str) -> str:
    text = _text(value)
    if column.longest is not None and len(text.encode()) > column.longest:
        raise ValueError(f"{column.name} is longer than {column.longest:,} bytes")
    return text


def fitting(table: Table, name: str, text: str) -> str:
    """Return a text cut to what its column takes: names of anybody's may be in it."""
    longest = next(column.longest for column in table.columns if column.name == name)
    data = text.encode("utf-8", "backslashreplace")
    if longest is None or len(data) <= longest:
        return text
    return data[: longest - len("…".encode())].decode(errors="ignore") + "…"


def seal(table: Table, rows: Iterable[Row]) -> Seal:
    """Return the seal of a table's rows, given in the order of its key, without its blob column.

    Raises:
        ValueError: a value is not of its column's kind.
    """
    digest = hashlib.sha256()
    count = absorb(digest, table, rows)
    return Seal(table.name, count, digest.hexdigest())


def absorb(digest: Any, table: Table, rows: Iterable[Row]) -> int:
    """Add rows to a running hash, block by block and column by column; return how many they were."""
    columns = [column for column in table.columns if column.kind != "BLOB"]
    count = 0
    for block in _blocks(rows):
        count += len(block)
        for column, values in zip(columns, _turned(block), strict=True):
            for part in _packed(column, values):
                digest.update(part)
    return count


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while block := list(islice(source, BLOCK)):
        yield block


_KINDS: dict[str, tuple[type, Any]] = {"INTEGER": (int, "<i8"), "REAL": (float, "<f8"), "TEXT": (str, "<u4")}


def _packed(column: Column, values: Sequence[Any]) -> Iterator[Array | bytes]:
    """Yield a column's bytes: one per row that says whether there is a value, the numbers or lengths, the text."""
    kind, code = _KINDS[column.kind]
    known = set(map(type, values)) - ({type(None)} if column.optional else set())
    if known - {kind}:
        raise ValueError(f"the column {column.name} holds values that are not {column.kind}")
    yield bytes(value is not None for value in values)
    if kind is str:
        texts = [(value or "").encode() for value in values]
        yield np.array([len(text) for text in texts], dtype=code)
        yield b"".join(texts)
    else:
        yield np.array([value or 0 for value in values], dtype=code)
