"""The tables and views of an atlas. docs/atlas-format.md explains them; a reader takes no file with others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

FORMAT = 1
"""Version of the format, the file's ``user_version``."""
APPLICATION_ID = 0x50484F53
"""``"PHOS"``, the file's ``application_id``."""


@dataclass(frozen=True)
class Column:
    """A column: its name, its kind (INTEGER, REAL, TEXT or BLOB), whether it may be NULL, the bytes a text may have."""

    name: str
    kind: str
    optional: bool = False
    longest: int | None = None

    @property
    def sql(self) -> str:
        """The column as it stands in CREATE TABLE."""
        return f'"{self.name}" {self.kind}{"" if self.optional else " NOT NULL"}'


@dataclass(frozen=True)
class Table:
    """A table, its rows in the order of ``key``. A single INTEGER key is the rowid; others need no rowid."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The statement that makes the table, as it is stored in the file."""
        lines = [column.sql for column in self.columns]
        lines.append(f"PRIMARY KEY ({_listed(self.key)})")
        body = ",\n  ".join(lines)
        return f'CREATE TABLE "{self.name}" (\n  {body}\n){"" if self._by_number else " WITHOUT ROWID"}'

    @property
    def insert(self) -> str:
        """The statement that adds a row."""
        return f'INSERT INTO "{self.name}" VALUES ({", ".join("?" * len(self.columns))})'

    @property
    def _by_number(self) -> bool:
        kinds = {column.name: column.kind for column in self.columns}
        return [kinds[name] for name in self.key] == ["INTEGER"]

    @property
    def too_long(self) -> str:
        """What is true of a row with a text beyond its bounds; empty where the table has none."""
        bounded = (column for column in self.columns if column.longest is not None)
        return " OR ".join(f'length(CAST("{each.name}" AS BLOB)) > {each.longest}' for each in bounded)

    @property
    def bare(self) -> Table:
        """The same without columns of bytes: what is sealed together, and read many rows at once."""
        return replace(self, columns=tuple(column for column in self.columns if column.kind != "BLOB"))

    def select(self, where: str = "") -> str:
        """The statement that reads rows in the order of the key."""
        names = _listed(column.name for column in self.columns)
        return f'SELECT {names} FROM "{self.name}"{where and f" WHERE {where}"} ORDER BY {_listed(self.key)}'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _columns(text: str) -> tuple[Column, ...]:
    """Read columns written as ``name kind``, separated by commas.

    ``name kind?`` is one that may be NULL, ``name text 100`` a text of 100 bytes at most.
    """
    return tuple(_column(*part.split()) for part in text.split(","))


def _column(name: str, kind: str, longest: str | None = None) -> Column:
    return Column(name, kind.rstrip("?").upper(), kind.endswith("?"), int(longest) if longest else None)


def _table(name: str, key: str, columns: str) -> Table:
    return Table(name, _columns(columns), tuple(key.split()))


MANIFEST = _table("manifest", "name", "name text, value text")
LAYERS = _table(
    "layers",
    "number",
    "number integer, name text, kind text, units integer, height integer, width integer, "
    "stride_y real?, stride_x real?, field_height integer?, field_width integer?",
)
SHARDS = _table(
    "shards",
    "number",
    "number integer, first integer, end integer, scanned integer, failed integer, "
    "fingerprint text, seconds real, sha256 text",
)
IMAGES = _table("images", "image", "image integer, name text, label text?, width integer, height integer")
FAILURES = _table("failures", "number", "number integer, name text, reason text")
UNITS = _table(
    "units",
    "layer unit",
    "layer text, unit integer, count integer, nonfinite integer, mean real?, variance real?, minimum real?, "
    "maximum real?, positive real?, dead integer, best_class text?, best_auc real?, explained real?",
)
EXAMPLES = _table(
    "examples",
    "layer unit kind rank",
    "layer text, unit integer, kind text, rank integer, image integer, value real, y integer, x integer, "
    "x0 real, y0 real, x1 real, y1 real",
)
CLASSES = _table("classes", "layer unit label", "layer text, unit integer, label text, mean_peak real?, auc real?")
CORRELATIONS = _table("correlations", "layer unit other", "layer text, unit integer, other integer, r real?")
VISIBLE = _table("visible", "layer unit feature", "layer text, unit integer, feature text, r real?, share real?")
TRUST = _table(
    "trust",
    "layer unit question",
    "layer text, unit integer, question text 100, value real?, low real?, high real?, baseline real?, "
    "compared_with text 1000, sentence text 4000, caution text 4000",
)
MEASURED = _table("measured", "layer unit", "layer text, unit integer, sha256 text 64")
TRUST_OPTIONS = _table("trust_options", "name", "name text 100, value text 10000")
DREAMS = _table(
    "dreams",
    "layer unit rank",
    "layer text, unit integer, rank integer, seed integer, activation real?, peak real?, flat real?, ratio real?, "
    "quantile real?, method text 1000, options text 10000, sentence text 4000, caution text 4000, sha256 text 64, "
    "webp blob",
)
ARRAYS = _table("arrays", "layer name", "layer text, name text, sha256 text, blob integer")
BLOBS = _table("blobs", "blob", "blob integer, data blob")
THUMBNAILS = _table("thumbnails", "image", "image integer, sha256 text, webp blob")
SEALS = _table("seals", "name", "name text, rows integer, sha256 text")

TABLES = (
    MANIFEST,
    LAYERS,
    SHARDS,
    IMAGES,
    FAILURES,
    UNITS,
    EXAMPLES,
    CLASSES,
    CORRELATIONS,
    VISIBLE,
    TRUST,
    MEASURED,
    TRUST_OPTIONS,
    DREAMS,
    ARRAYS,
    BLOBS,
    THUMBNAILS,
    SEALS,
)
FINISHED = (UNITS, EXAMPLES, CLASSES, CORRELATIONS, VISIBLE)
"""The tables that are written when the last image is done."""
TRUSTED = (MEASURED, TRUST_OPTIONS)
"""The tables that whoever measures trust writes after that; `MEASURED` seals the rows of `TRUST`, unit by unit."""
LATER = (*TRUSTED, DREAMS)
"""All tables that are written to after the scan."""

VIEWS = (
    """CREATE VIEW strongest AS
SELECT layer, unit, rank, value, examples.image, name, label, y, x, x0, y0, x1, y1
FROM examples JOIN images ON images.image = examples.image WHERE kind = 'top'""",
    """CREATE VIEW typical AS
SELECT layer, unit, rank AS percent, value, examples.image, name, label, y, x, x0, y0, x1, y1
FROM examples JOIN images ON images.image = examples.image WHERE kind = 'quantile'""",
    """CREATE VIEW dead_units AS
SELECT layer, unit, count, maximum FROM units WHERE dead""",
    """CREATE VIEW correlated AS
SELECT layer, unit, other, r FROM correlations
UNION ALL
SELECT layer, other, unit, r FROM correlations""",
    """CREATE VIEW preferences AS
SELECT classes.layer, classes.unit, label, auc, classes.mean_peak
FROM classes JOIN units ON units.layer = classes.layer AND units.unit = classes.unit WHERE NOT dead""",
    """CREATE VIEW driven_by AS
SELECT layer, unit,
  CASE feature
    WHEN 'lightness' THEN iif(r < 0, 'darkness', 'brightness')
    WHEN 'red-green' THEN iif(r < 0, 'green', 'red')
    WHEN 'blue-yellow' THEN iif(r < 0, 'blue', 'yellow')
    ELSE iif(r < 0, 'little ', '') || feature
  END AS cause, r, share
FROM visible""",
    """CREATE VIEW evidence AS
SELECT trust.layer, trust.unit, question, value, low, high, baseline, caution <> '' AS doubtful, sentence, caution,
  dead, best_class, explained
FROM trust JOIN units ON units.layer = trust.layer AND units.unit = trust.unit""",
)

VIEW_NAMES = tuple(view.split()[2] for view in VIEWS)
STATEMENTS = (*(table.sql for table in TABLES), *VIEWS)
