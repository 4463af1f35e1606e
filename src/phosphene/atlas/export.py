"""The tables of an atlas as Parquet files, for other tools."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phosphene.atlas.reading import Atlas
from phosphene.atlas.schema import (
    CLASSES,
    CORRELATIONS,
    EXAMPLES,
    FAILURES,
    IMAGES,
    LATER,
    LAYERS,
    MANIFEST,
    SHARDS,
    TRUST,
    UNITS,
    VISIBLE,
    Table,
)
from phosphene.errors import PhospheneError
from phosphene.files import reason, writing
from phosphene.sources.extras import extra

EXPORTED = (MANIFEST, LAYERS, SHARDS, IMAGES, FAILURES, UNITS, EXAMPLES, CLASSES, CORRELATIONS, VISIBLE, TRUST, *LATER)
"""Without the bytes of pictures."""


@dataclass(frozen=True)
class Exported:
    """A file that was written, and its rows."""

    file: Path
    rows: int


def export_parquet(atlas: Atlas, folder: str | Path) -> list[Exported]:
    """Write every table of rows to ``folder``/TABLE.parquet; the folder is made, files in it are replaced.

    Raises:
        PhospheneError: the extra ``parquet`` is not installed, or the disk refuses.
    """
    arrow, parquet = (extra(name, "parquet", "export --parquet") for name in ("pyarrow", "pyarrow.parquet"))
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhospheneError(f"cannot make the folder {str(folder)!r}: {reason(error)}") from error
    return [_export(atlas, table.bare, folder / f"{table.name}.parquet", arrow, parquet) for table in EXPORTED]


def _export(atlas: Atlas, table: Table, path: Path, arrow: Any, parquet: Any) -> Exported:
    schema, rows = _schema(table, arrow), 0
    with writing(path) as temporary, parquet.ParquetWriter(temporary, schema) as file:
        for page in atlas.pages(table):
            columns = [list(values) for values in zip(*page, strict=True)]
            file.write_table(arrow.table(columns, schema=schema))
            rows += len(page)
    return Exported(path, rows)


def _schema(table: Table, arrow: Any) -> Any:
    kinds = {"INTEGER": arrow.int64(), "REAL": arrow.float64(), "TEXT": arrow.string()}
    return arrow.schema([arrow.field(c.name, kinds[c.kind], nullable=c.optional) for c in table.columns])
