"""``phosphene export``: the tables of an atlas for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phosphene.cli.atlas import AtlasFile
from phosphene.cli.common import AsJson, answer


def export(
    atlas: AtlasFile,
    parquet: Annotated[
        Path, typer.Option("--parquet", metavar="DIR", help="Write each table there as TABLE.parquet; needs an extra.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write the tables of an atlas as files that other tools read."""
    from phosphene.atlas.export import export_parquet
    from phosphene.atlas.reading import open_atlas

    with open_atlas(atlas) as opened:
        written = export_parquet(opened, parquet)
    answer("\n".join(f"{each.file}  {each.rows:,} rows" for each in written), {"files": written}, as_json)
