"""Measuring that is killed or fails at any moment leaves whole units; a stranger's trust rows do no harm."""

import hashlib
import random
import re
import shutil
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from phosphene.atlas import schema
from phosphene.atlas.inserting import reseal
from phosphene.atlas.measured import unit_sha256
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.trusting import TrustWriter
from phosphene.errors import PhospheneError
from tests.atlas import dreamt, trusted
from tests.atlas.driving import drive, failing, in_a_child
from tests.atlas.everything import everything
from tests.atlas.test_faults import as_nobody
from tests.atlas.test_notebook import EVIL, Page

GOLDEN = Path(__file__).with_name("golden.atlas")


def whole_units(path: Path) -> list[tuple[str, int]]:
    """The units that have rows: all of theirs, and none of any other."""
    with open_atlas(path) as atlas:
        found = atlas.query("SELECT layer, unit FROM measured").rows
        rows = [row for layer, unit in found for row in atlas[f"{layer}:{unit}"].evidence]
        assert repr(rows) == repr([row for unit in found for row in trusted.of(*unit)])
        assert atlas.query("SELECT count(*) FROM trust").rows == [(len(rows),)]
        assert atlas.query("SELECT count(*) FROM trust_options").rows == [(3 if found else 0,)]
    return found


def goes_on_to_the_golden_rows(path: Path) -> None:
    with TrustWriter.open(path, trusted.ABOUT) as writer:
        writer.add(r for unit in trusted.units() if unit not in writer.measured for r in trusted.of(*unit))
    dreamt.store(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    with open_atlas(path) as atlas, open_atlas(GOLDEN) as golden:
        assert everything(atlas) == everything(golden)


# -- kills -------------------------------------------------------------------------------------------------------------


def survive(path: Path, seed: int, kills: int = 4) -> None:
    choose, killed = random.Random(seed), 0
    for _ in range(kills):
        lines = choose.randint(1, 3)
        said, dead = drive("tests.atlas.slow_trust", path, lambda s, n=lines: len(s) == n, choose.uniform(0, 0.02))
        begun = [int(line.removeprefix("ADD ")) for line in said if line.startswith("ADD ")]
        assert len(whole_units(path)) - max(begun, default=0) in ((0, 1, 2) if begun else (0, *range(0, 16)))
        killed += dead
    assert killed >= kills - 1
    said, _ = drive("tests.atlas.slow_trust", path, lambda said: False)
    assert said[-2] == "END"
    goes_on_to_the_golden_rows(path)


@pytest.mark.slow
def test_four_kills(scanned):
    survive(scanned, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_forty_kills(scanned, seed):
    survive(scanned, seed)


def snapshots(path: Path, folder: Path, again: bool) -> list[Path]:
    """What lies on the disk before each statement of an addition: what a kill at that moment would leave."""
    found: list[Path] = []
    said: list[str] = []

    def keep(statement: str) -> None:
        copy = folder / f"{len(found)}.atlas"
        shutil.copyfile(path, copy)
        if (journal := path.with_name(f"{path.name}-journal")).exists():
            shutil.copyfile(journal, folder / f"{copy.name}-journal")
        found.append(copy)
        said.append(statement)

    with TrustWriter.open(path, trusted.ABOUT) as writer:
        writer.add(trusted.of("relu1", 0))
        writer._sole.connection.execute("PRAGMA cache_size=1")  # writes reach the file before the commit
        writer._sole.connection.set_trace_callback(keep)
        if again:
            writer._drop()
        else:
            writer.add(row for row in trusted.rows() if (row.layer, row.unit) != ("relu1", 0))
        writer._sole.connection.set_trace_callback(None)
    return found[: said.index("COMMIT") + 1]


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True])
def test_whatever_is_left_behind_opens_as_it_was_before(scanned, tmp_path_factory, again):
    folder = tmp_path_factory.mktemp("copies")
    copies = snapshots(scanned, folder, again)
    assert sum(Path(f"{copy}-journal").exists() for copy in copies) >= 5
    for copy in copies:
        assert whole_units(copy) == [("relu1", 0)]
        with TrustWriter.open(copy, trusted.ABOUT) as writer:
            assert writer.measured == {("relu1", 0)}
        assert not Path(f"{copy}-journal").exists()
    alone = shutil.move(copies[len(copies) // 2], tmp_path_factory.mktemp("alone") / "a.atlas")
    goes_on_to_the_golden_rows(alone)


# -- errors at a write -------------------------------------------------------------------------------------------------


def statements(scanned, monkeypatch, again: bool) -> int:
    with monkeypatch.context() as patches:
        failing(patches)
        with TrustWriter.open(scanned, trusted.ABOUT) as writer:
            connection = writer._sole.connection
            connection.left, connection.passed = 10_000, ()
            act(writer, again)
            return len(connection.passed)


def act(writer: TrustWriter, again: bool) -> None:
    writer.add(trusted.of("relu1", 1))
    if again:
        writer._drop()
    else:
        writer.add(trusted.of("relu1", 2))


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True])
def test_an_error_at_every_statement(scanned, scan_bytes, monkeypatch, again):
    for statement in range(1, statements(scanned, monkeypatch, again) + 1):
        scanned.write_bytes(scan_bytes)
        with monkeypatch.context() as patches:
            failing(patches)
            with TrustWriter.open(scanned, trusted.ABOUT) as writer:
                connection = writer._sole.connection
                connection.left, connection.passed = statement, ()
                with pytest.raises(
                    PhospheneError, match=r"reports an error; check it, then go on with the same command"
                ):
                    act(writer, again)
                with pytest.raises(PhospheneError, match="it was closed"):
                    writer.add(trusted.of("relu2", 0))
        commits = connection.passed.count("COMMIT")
        expected = [[], [("relu1", 1)], [] if again else [("relu1", 1), ("relu1", 2)]][commits]
        assert whole_units(scanned) == expected
    goes_on_to_the_golden_rows(scanned)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o555, "is read-only; copy 'a.atlas' to where you may write"),
        (0o700, "PhospheneError: cannot read '.*': there is no permission for it"),
    ],
)
def test_a_folder_of_somebody_else(scan_bytes, mode, said):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.atlas"
        path.write_bytes(scan_bytes)
        Path(name).chmod(mode)
        found = in_a_child(as_nobody(lambda: TrustWriter.open(path, trusted.ABOUT)))
        Path(name).chmod(0o700)
    assert re.search(said, found), found


# -- a stranger's ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(tmp_path):
    """A copy of the golden file that a stranger may change, by statements, and under seals that fit again."""
    path = tmp_path / "stranger.atlas"
    path.write_bytes(GOLDEN.read_bytes())

    def change(*statements: str, sealed: bool = True) -> Path:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        if sealed:
            for layer, unit in connection.execute("SELECT layer, unit FROM measured").fetchall():
                rows = connection.execute(schema.TRUST.select("layer = ? AND unit = ?"), (layer, unit)).fetchall()
                row = (unit_sha256(rows), layer, unit)
                connection.execute("UPDATE measured SET sha256 = ? WHERE layer = ? AND unit = ?", row)
            reseal(connection, *schema.LATER)
        connection.close()
        return path

    return change


MANY = """WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO trust SELECT 'relu1', 0, 'question ' || i, 0, 0, 0, 0, '', '', '' FROM n"""


def test_what_a_stranger_may_say(stranger):
    with open_atlas(stranger("UPDATE trust SET sentence = 'believe me'", MANY.format(count=97))) as atlas:
        assert len(atlas["relu1:0"].evidence) == 100
        assert {row.sentence for row in atlas["relu2:3"].evidence} == {"believe me"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (MANY.format(count=98), "trust rows of relu1:0 changed"),
        (MANY.format(count=30_000), "trust rows of relu1:0 changed"),
        ("UPDATE trust SET sentence = hex(zeroblob(2001))", "a text of the table trust is too long"),
        ("UPDATE trust SET caution = char(0) || hex(zeroblob(2000))", "a text of the table trust is too long"),
        ("UPDATE trust SET compared_with = hex(zeroblob(501))", "a text of the table trust is too long"),
        ("UPDATE trust SET question = hex(zeroblob(50)) || question", "a text of the table trust is too long"),
        ("UPDATE trust_options SET value = hex(zeroblob(5001))", "a text of the table trust_options is too long"),
        ("DELETE FROM measured WHERE unit = 1", "trust rows are missing, or are of no unit"),
        ("DELETE FROM trust WHERE layer = 'relu1' AND unit = 2", "trust rows are missing, or are of no unit"),
        ("DELETE FROM trust WHERE layer = 'relu2' AND unit = 11", "trust rows are missing, or are of no unit"),
        ("UPDATE measured SET unit = 12 WHERE layer = 'relu2' AND unit = 11", "trust rows are missing, or"),
    ],
)
def test_trust_rows_that_cannot_be_even_under_a_seal(stranger, statement, said):
    with pytest.raises(PhospheneError, match=said):
        open_atlas(stranger(statement))


@pytest.mark.parametrize(("layer", "unit"), [("relu2", 12), ("relu2", -1), ("nowhere", 0)])
def test_trust_rows_of_no_unit(stranger, layer, unit):
    where = f"SET layer = '{layer}', unit = {unit} WHERE layer = 'relu2' AND unit = 3"
    with pytest.raises(PhospheneError, match="trust rows are of a unit that no layer has"):
        open_atlas(stranger(f"UPDATE trust {where}", f"UPDATE measured {where}"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trust SET value = value + 1 WHERE unit = 3",
        "UPDATE trust SET caution = '' WHERE caution <> ''",
        "UPDATE trust SET low = NULL WHERE layer = 'relu1'",
        "UPDATE trust SET value = 'much' WHERE unit = 1",
        "DELETE FROM trust WHERE question = 'recall'",
        "UPDATE trust_options SET value = '5' WHERE name = '--examples'",
        "DELETE FROM measured",
    ],
)
def test_a_change_is_noticed(stranger, statement):
    with pytest.raises(PhospheneError, match="is damaged"):
        open_atlas(stranger(statement, sealed=False))


@pytest.mark.parametrize(
    ("table", "column", "size"),
    [("trust", "caution", 4001), ("measured", "sha256", 65), ("trust_options", "value", 10001)],
)
def test_texts_are_measured_before_they_are_hashed(stranger, table, column, size):
    path = stranger(f"UPDATE {table} SET {column} = zeroblob({size}) WHERE {column} <> ''", sealed=False)
    with pytest.raises(PhospheneError, match=f"a text of the table {table} is too long"):
        open_atlas(path)


def test_options_that_cannot_be_read(stranger):
    path = stranger("UPDATE trust_options SET value = '{' WHERE name = '--examples'")
    with pytest.raises(PhospheneError, match="is damaged"):
        TrustWriter.open(path, trusted.ABOUT)
    path = stranger(f"UPDATE trust_options SET value = '{'[' * 10_000}' WHERE name = '--examples'")
    with pytest.raises(PhospheneError, match="is damaged"):
        TrustWriter.open(path, trusted.ABOUT)


def test_what_is_shown_is_text_and_nothing_else(scanned):
    row = replace(trusted.of("relu1", 0)[0], question=EVIL, sentence=EVIL, caution=EVIL, compared_with=EVIL)
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        writer.add([row, *trusted.of("relu2", 5)])
    with open_atlas(scanned) as atlas:
        evil, dead, none = (Page(atlas[address]._repr_html_()) for address in ("relu1:0", "relu2:5", "pool:0"))
    assert f"{EVIL}: {row.value:.3g}. {EVIL} Caution: {EVIL}." in evil.text
    assert "script" not in {tag for tag, _ in evil.tags}
    assert not [attrs for _, attrs in evil.tags if any(name.startswith("on") for name in attrs)]
    assert dead.text.count("not measured. relu2:5 is not active on any picture. Caution: dead on 4 images.") == 3
    assert "how far to trust" not in none.text


def test_the_size_of_an_atlas_does_not_make_adding_slow(scanned):
    """What is hashed again at an addition is one short row per unit, not all rows."""
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        writer.add(trusted.of("relu1", 0))
        said: list[str] = []
        writer._sole.connection.set_trace_callback(said.append)
        writer.add(trusted.of("relu1", 1))
        writer._sole.connection.set_trace_callback(None)
    assert not [each for each in said if each.startswith("SELECT") and 'FROM "trust"' in each]
    assert len([each for each in said if each.startswith('INSERT INTO "trust"')]) == 3


def test_a_unit_has_a_hash_of_its_own():
    rows = [tuple(getattr(row, c.name) for c in schema.TRUST.columns) for row in trusted.of("relu1", 0)]
    assert len({unit_sha256(rows), unit_sha256(rows[1:]), unit_sha256([]), hashlib.sha256().hexdigest()}) == 3
