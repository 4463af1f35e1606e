"""A query reads the atlas and does nothing else, and always comes to an end."""

import math
import time
from pathlib import Path

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.errors import PhospheneError, UsageError
from tests.atlas import synthetic

GOLDEN = Path(__file__).with_name("golden.atlas")


@pytest.fixture
def atlas():
    with open_atlas(GOLDEN) as opened:
        yield opened


def test_an_answer(atlas):
    answer = atlas.query("SELECT unit AS u, maximum FROM units WHERE layer = 'relu1' ORDER BY unit")
    assert answer.columns == ("u", "maximum")
    assert list(answer) == [(unit, max(synthetic.peaks(synthetic.LAYERS[0], unit))) for unit in range(3)]
    assert len(answer) == 3


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT sum(i) FROM n", [(10,)]),
        ("WITH n(i) AS (VALUES (1), (2)) SELECT count(*) FROM n", [(2,)]),
        ("SELECT count(*) OVER () FROM layers LIMIT 1", [(3,)]),
        ("SELECT upper(name), length(name) FROM layers WHERE name LIKE 'p%' AND name GLOB 'p*'", [("POOL", 4)]),
        ("SELECT sqrt(units + 1) FROM layers ORDER BY number LIMIT 1", [(2.0,)]),
        ("SELECT count(*) FROM sqlite_schema WHERE type = 'view'", [(7,)]),
        ("SELECT max(length(data)) > 100 FROM blobs", [(1,)]),
        ("SELECT name FROM layers WHERE units = (SELECT max(units) FROM layers)", [("relu2",)]),
    ],
)
def test_what_a_question_may_use(atlas, sql, rows):
    assert atlas.query(sql).rows == rows


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM units",
        "UPDATE units SET mean = 0",
        "INSERT INTO layers SELECT * FROM layers",
        "DROP VIEW strongest",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t AS SELECT * FROM units",
        "ATTACH 'other.db' AS other",
        "DETACH main",
        "PRAGMA user_version = 9",
        "PRAGMA journal_mode = WAL",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "SELECT zeroblob(1000000000)",
        "SELECT randomblob(1000000000)",
        "SELECT writefile('x', 'y')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT * FROM json_each('[1]')",
        "SELECT * FROM dbstat",
        "SELECT count(*) FROM dbstat",
        "SELECT count(*) FROM json_each('[1]')",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SELECT 1; DROP TABLE units",
        "SELECT",
        "",
        "-- nothing",
        "EXPLAIN",
        "SELECT ?",
        "SELECT nothing FROM units",
        "SELECT 'a\x00b",
        "SELECT '\ud800'",
    ],
)
def test_what_it_may_not(atlas, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = GOLDEN.read_bytes()
    with pytest.raises(UsageError) as caught:
        atlas.query(sql)
    assert "give " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (GOLDEN.read_bytes(), list(tmp_path.iterdir())) == (before, [])
    assert len(atlas.query("SELECT * FROM layers")) == 3  # and it still answers


def test_a_misspelt_table(atlas):
    with pytest.raises(UsageError, match=r"no table or view 'unit'; did you mean 'units'\?$"):
        atlas.query("SELECT * FROM unit")
    with pytest.raises(
        UsageError, match=r"no table or view 'xyz'; there are manifest, layers, shards, images, .*driven_by, evidence$"
    ):
        atlas.query("SELECT * FROM xyz")


@pytest.mark.slow
def test_a_query_that_does_not_end(atlas):
    began = time.monotonic()
    with pytest.raises(PhospheneError, match=r"took more than 0\.2 seconds; narrow it by WHERE"):
        atlas.query(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", seconds=0.2
        )
    assert time.monotonic() - began < 30
    assert atlas.query("SELECT 1").rows == [(1,)]


def test_too_many_rows_and_too_many_bytes(atlas, monkeypatch):
    assert len(atlas.query("SELECT * FROM units", most_rows=17)) == 17
    with pytest.raises(PhospheneError, match="more than 16 rows or 250 MB; put LIMIT"):
        atlas.query("SELECT * FROM units", most_rows=16)
    monkeypatch.setattr("phosphene.atlas.query.MOST_BYTES", 1000)
    with pytest.raises(PhospheneError, match="more than 1,000,000 rows or 0 MB"):
        atlas.query("SELECT data FROM blobs")


def test_a_value_larger_than_the_atlas(atlas):
    with pytest.raises(PhospheneError, match="larger than the whole atlas"):
        atlas.query("SELECT group_concat(a.name) FROM images a, images b, images c, images d")


def test_numbers_without_a_value(atlas):
    assert atlas.query("SELECT explained FROM units WHERE layer = 'pool' LIMIT 1").rows == [(None,)]
    assert math.isclose(atlas.query("SELECT max(best_auc) FROM units").rows[0][0], 0.979532163742690)
