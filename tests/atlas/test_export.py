"""Parquet files say what the tables say."""

import sqlite3
import sys
from pathlib import Path

import pytest

from phosphene.atlas.export import EXPORTED, export_parquet
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.source import Source
from phosphene.errors import PhospheneError

GOLDEN = Path(__file__).with_name("golden.atlas")


def rows(table: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"{GOLDEN.as_uri()}?mode=ro", uri=True)
    columns = [name for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})") if kind != "BLOB"]
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("page", [4096, 7])
def test_every_table_is_there_row_by_row(tmp_path, monkeypatch, page):
    parquet = pytest.importorskip("pyarrow.parquet")
    whole = Source.pages
    monkeypatch.setattr(Source, "pages", lambda self, table, most=page: whole(self, table, page))
    with open_atlas(GOLDEN) as atlas:
        written = export_parquet(atlas, tmp_path / "new" / "tables")
    assert {each.file.name for each in written} == {f"{table.name}.parquet" for table in EXPORTED}
    assert sorted(each.name for each in (tmp_path / "new" / "tables").iterdir()) == sorted(e.file.name for e in written)
    for each in written:
        found = parquet.read_table(each.file)
        expected = rows(each.file.stem)
        assert [tuple(row.values()) for row in found.to_pylist()] == expected
        assert each.rows == len(expected) > 0


def test_numbers_keep_their_kind(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    with open_atlas(GOLDEN) as atlas:
        export_parquet(atlas, tmp_path)
        export_parquet(atlas, tmp_path)  # once more: files are replaced
    schema = parquet.read_schema(tmp_path / "units.parquet")
    kinds = {field.name: str(field.type) for field in schema}
    assert (kinds["layer"], kinds["unit"], kinds["mean"]) == ("string", "int64", "double")


def test_without_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with (
        open_atlas(GOLDEN) as atlas,
        pytest.raises(
            PhospheneError, match=r"--parquet needs the package 'pyarrow', .* pip install 'phosphene\[parquet\]'"
        ),
    ):
        export_parquet(atlas, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


def test_where_no_folder_can_be(tmp_path):
    pytest.importorskip("pyarrow.parquet")
    (tmp_path / "file").touch()
    with (
        open_atlas(GOLDEN) as atlas,
        pytest.raises(PhospheneError, match=r"cannot make the folder '.*': a part of that"),
    ):
        export_parquet(atlas, tmp_path / "file" / "tables")
