"""Which columns of a table of datasets are the pictures and their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phosphene.errors import PhospheneError
from phosphene.sources.layout import class_names, printable

_PICTURES = ("image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp")
_LABELS = ("label", "labels", "class", "category", "cls", "target")
_BINARY = ("binary", "large_binary")
FEW = 1000
"""So many different texts may be classes without a doubt; of more, half as many as pictures at most."""


@dataclass(frozen=True)
class Columns:
    """Where a table has its pictures and their classes; ``numbered`` where these are numbers of ``names``."""

    image: str
    label: str | None = None
    names: tuple[str, ...] = ()
    numbered: bool = False

    @property
    def all(self) -> list[str]:
        """The columns that are needed."""
        return [self.image] if self.label is None else [self.image, self.label]

    def class_of(self, row: Any) -> str | None:
        """Return the class of a row, an Arrow table of one; None where there is none, or -1."""
        value = None if self.label is None else row.column(self.label)[0].as_py()
        if value is None or not self.numbered:
            return None if value is None else printable(str(value))
        return self.names[value] if 0 <= value < len(self.names) else None


def found_columns(table: Any, name: str) -> Columns:
    """Find the columns of a table by their kinds, and among those of one kind by their names.

    Raises:
        PhospheneError: no column is one of pictures.
    """
    features = table.features
    image = _first(_PICTURES, [column for column, kind in features.items() if _is_image(column, kind)])
    if image is None:
        raise PhospheneError(f"hf/{name} has no column of pictures; it has {', '.join(map(printable, features))}")
    label = _first(_LABELS, [column for column, kind in features.items() if hasattr(kind, "str2int")])
    if label is not None:
        return Columns(image, label, tuple(map(printable, features[label].names)), numbered=True)
    return _named(table, image, [c for c in _LABELS if getattr(features.get(c), "dtype", "")[:3] in ("str", "int")])


def _named(table: Any, image: str, candidates: list[str]) -> Columns:
    """Return the columns where classes stand as texts or plain numbers, unless those are captions or the like."""
    for label in candidates:
        values = table.unique(label)
        if len(values) <= FEW or 2 * len(values) <= len(table):
            return Columns(image, label, class_names(printable(str(value)) for value in values if value is not None))
    return Columns(image)


def _is_image(column: str, kind: Any) -> bool:
    if type(kind).__name__ == "Image" or (isinstance(kind, dict) and set(kind) == {"bytes", "path"}):
        return True
    return column.lower() in _PICTURES and getattr(kind, "dtype", None) in _BINARY


def _first(usual: tuple[str, ...], columns: list[str]) -> str | None:
    """Return the column with the most usual name, or else the first."""
    return next((name for name in usual if name in columns), columns[0] if columns else None)
