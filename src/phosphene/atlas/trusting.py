"""Trust rows into an atlas whose scan has come to its end: whole units, each measured once."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from phosphene.atlas.checks import Contents
from phosphene.atlas.holding import Holder
from phosphene.atlas.inserting import insert, reseal
from phosphene.atlas.manifest import as_json
from phosphene.atlas.measured import QUESTIONS, unit_sha256
from phosphene.atlas.records import TrustRow
from phosphene.atlas.refusals import MEASUREMENT, printable, refusing, unfinished
from phosphene.atlas.rows import Row, fitting, plain, rows_of
from phosphene.atlas.schema import MEASURED, TRUST, TRUST_OPTIONS, TRUSTED
from phosphene.atlas.source import check_path
from phosphene.atlas.transaction import Sole
from phosphene.errors import UsageError

Options = Mapping[str, Any]
_VERSIONS = "versions"


class TrustWriter(Holder):
    """Adds trust rows to an atlas; a context manager, made by `open`. One writer at a time on a file.

    When something goes wrong, what was not committed is undone, and the file is let go of.
    """

    def __init__(self, sole: Sole, contents: Contents) -> None:
        super().__init__(sole, contents)
        self._options: Options = {}
        self._measured = frozenset(sole.connection.execute("SELECT layer, unit FROM measured"))

    @classmethod
    def open(cls, path: str | Path, about: str, again: bool = False) -> Self:
        """Go on measuring the units of an atlas, or begin to.

        Args:
            path: a file that `phosphene scan` wrote to its end.
            about: how it is measured, a JSON object: every option as it is typed and its value, and the versions of
                software, ``{"--examples": 4, "--seed": 0, "versions": {"torch": "2.15"}}``. That of the first units is
                kept; later ones must have the same, versions aside.
            again: drop all trust rows first.

        Raises:
            PhospheneError: there is no such file, its scan has not come to its end, it is damaged, another program
                writes it, or its trust rows were measured with other options.
            ValueError: ``about`` is no JSON object.
        """
        path = Path(path)
        options = _read(about)
        check_path(path)
        writer = cls._hold(path, MEASUREMENT)
        try:
            writer._begin(options, again)
        except BaseException:
            writer.close()
            raise
        return writer

    def _begin(self, options: Options, again: bool) -> None:
        if not self._contents.progress.complete:
            raise unfinished(self.path)
        if again:
            self._drop()
        with refusing(self.path):
            found = stored_options(self._sole.connection)
        if self.measured:
            _compare(self.path, found, options)
        self._options = options

    def _drop(self) -> None:
        with self._sole.writing() as connection:
            for table in (TRUST, *TRUSTED):
                connection.execute(f"DELETE FROM {table.name}")
            reseal(connection, *TRUSTED)
        self._measured = frozenset()

    @property
    def measured(self) -> frozenset[tuple[str, int]]:
        """The (layer, unit) of all units that have rows already."""
        return self._measured

    def add(self, rows: Iterable[TrustRow]) -> None:
        """Add all the rows of one or more units, in one transaction; sentences that are too long are cut.

        Raises:
            ValueError: a unit has rows already, or the atlas has no such unit; a question is put to it twice or is
                too long; there are more than 100 questions.
            PhospheneError: the disk or another program refuses.
        """
        units = {unit: list(found) for unit, found in groupby(_ordered(rows), lambda row: row[:2])}
        if not units:
            return
        for (layer, unit), found in units.items():
            self._check(layer, unit, [row[2] for row in found])
        with self._sole.writing() as connection:
            for found in units.values():
                connection.executemany(TRUST.insert, found)
            insert(connection, MEASURED, ((*unit, unit_sha256(found)) for unit, found in units.items()))
            if not self.measured:
                _keep(connection, self._options)
            reseal(connection, *TRUSTED)
        self._measured |= units.keys()

    def _check(self, layer: str, unit: int, questions: list[str]) -> None:
        sizes = {each.name: each.units for each in self.manifest.layers}
        if not 0 <= unit < sizes.get(layer, 0):
            raise ValueError(f"the atlas has no unit {layer}:{unit}")
        if (layer, unit) in self.measured:
            raise ValueError(f"{layer}:{unit} has been measured already")
        if len(set(questions)) < len(questions) or len(questions) > QUESTIONS:
            raise ValueError(f"{layer}:{unit} has the same question twice, or more than {QUESTIONS}")


def _ordered(rows: Iterable[TrustRow]) -> list[Row]:
    """Rows as SQLite will give them back, in the order of the key: texts by their bytes."""
    found = [row for block in plain(TRUST, rows_of(TRUST, map(_short, rows))) for row in block]
    return sorted(found, key=lambda row: (row[0].encode(), row[1], row[2].encode()))


def _short(row: TrustRow) -> TrustRow:
    return replace(
        row,
        compared_with=fitting(TRUST, "compared_with", row.compared_with),
        sentence=fitting(TRUST, "sentence", row.sentence),
        caution=fitting(TRUST, "caution", row.caution),
    )


# -- how it was measured -----------------------------------------------------------------------------------------------


def _read(about: str) -> Options:
    found = json.loads(about)
    if not isinstance(found, dict):
        raise ValueError("how trust is measured is told as a JSON object")
    return found


def stored_options(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return how the units of an atlas were measured, {} where none was; raises ValueError if it is damaged."""
    return {name: json.loads(value) for name, value in connection.execute(TRUST_OPTIONS.select())}


def _keep(connection: sqlite3.Connection, options: Options) -> None:
    connection.execute("DELETE FROM trust_options")
    insert(connection, TRUST_OPTIONS, ((name, as_json(value)) for name, value in options.items()))


def _compare(path: Path, found: Options, wanted: Options) -> None:
    names = sorted((found.keys() | wanted.keys()) - {_VERSIONS})
    other = [name for name in names if as_json(found.get(name)) != as_json(wanted.get(name))]
    if other:
        then, now = (" ".join(_typed(name, options.get(name)) for name in other) for options in (found, wanted))
        raise UsageError(
            f"the trust rows of {str(path)!r} were measured with {then}; type that instead of {now}, "
            "or --again to drop them and measure all anew"
        )


def _typed(name: str, value: object) -> str:
    """An option as it is typed on the command line."""
    if value is None or value is False:
        return f"no {printable(name)}"
    text = value if isinstance(value, str) else as_json(value)
    return printable(name) if value is True else f"{printable(name)} {shlex.quote(printable(text))}"
