"""``phosphene query``: a question to an atlas, in SQL."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from phosphene.cli.atlas import AtlasFile
from phosphene.cli.common import AsJson, answer
from phosphene.cli.table import cell, table


def query(
    atlas: AtlasFile,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; docs/atlas-format.md lists tables and views.")],
    as_json: AsJson = False,
) -> None:
    """Ask an atlas a question in SQL; nothing can be changed."""
    from phosphene.atlas.reading import open_atlas

    with open_atlas(atlas) as opened:
        found = opened.query(sql)
    rows = [[_plain(value) for value in row] for row in found] if as_json else []
    text = "" if as_json else table(found.columns, found.rows)
    answer(text, {"columns": found.columns, "rows": rows}, as_json)


def _plain(value: Any) -> Any:
    return cell(value) if isinstance(value, bytes) else value
