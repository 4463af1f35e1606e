"""Dreams in an atlas: bit for bit what was stored, whole units at any moment, and no harm from a stranger's."""

import hashlib
import io
import math
import random
import shutil
import sqlite3
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phosphene.atlas import schema
from phosphene.atlas.dreaming import DreamWriter
from phosphene.atlas.inserting import reseal
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.trusting import TrustWriter
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import PhospheneError
from tests.atlas import dreamt, synthetic, trusted
from tests.atlas.driving import drive, failing
from tests.atlas.everything import everything
from tests.atlas.test_notebook import EVIL, Page

GOLDEN = Path(__file__).with_name("golden.atlas")
UNIT = "relu1:0"


def store(path, count=3, unit=("relu1", 0)):
    with DreamWriter.open(path) as writer:
        writer.store(*unit, dreamt.of(*unit, count))
    return path


def ranks(path):
    """How many dreams relu1:0 has: all of one storing, each with its own picture."""
    with open_atlas(path) as atlas:
        found = atlas[UNIT].dreams
        for rank, dream in enumerate(found):
            assert repr(dream).replace("StoredDream", "DreamRow") == repr(dreamt.row("relu1", 0, rank))
            np.testing.assert_array_equal(np.asarray(dream.picture), np.asarray(dreamt.picture(rank)))
        return len(found)


# -- what goes in comes out --------------------------------------------------------------------------------------------


def test_what_was_stored_is_read_bit_for_bit(scanned):
    dreamt.store(scanned)
    assert ranks(scanned) == 3
    with open_atlas(scanned) as atlas:
        (alone,) = atlas["relu2:3"].dreams
        assert math.isnan(alone.ratio)
        assert alone.caution == "one seed only: another may show something else"
        assert atlas["relu1:1"].dreams == ()
        assert alone.picture.size == (12, 10)


def test_later_ones_take_the_place_of_earlier_ones_and_of_no_other_unit(scanned):
    dreamt.store(scanned)
    store(scanned, 1)
    assert ranks(scanned) == 1
    with open_atlas(scanned) as atlas:
        assert len(atlas["relu2:3"].dreams) == 1
    store(scanned, 0)
    assert ranks(scanned) == 0


def test_a_reader_that_is_open_sees_them(scanned):
    with open_atlas(scanned) as atlas:
        assert atlas[UNIT].dreams == ()
        store(scanned)
        assert len(atlas[UNIT].dreams) == 3
        kept = atlas[UNIT].dreams[2]
        store(scanned, 1)
        with pytest.raises(PhospheneError, match="a dream of relu1:0 is no longer there"):
            _ = kept.picture


def test_the_scan_and_its_trust_say_what_they_said(scanned):
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        writer.add(trusted.rows())
    before = told(scanned)
    store(scanned)
    after = told(scanned)
    assert {name for name in before if before[name] != after[name]} == {"rows", "dreams"}
    assert {name for name, rows in after["rows"].items() if rows != before["rows"][name]} == {"dreams", "seals"}
    assert before["hash"] == after["hash"]


def test_measuring_anew_leaves_dreams_alone(scanned):
    store(scanned)
    TrustWriter.open(scanned, trusted.ABOUT, again=True).close()
    assert ranks(scanned) == 3


def told(path):
    with open_atlas(path) as atlas:
        return everything(atlas)


def test_texts_that_are_too_long_are_cut_and_none_is_markup(scanned):
    row = replace(dreamt.row("relu1", 0, 0), method=EVIL, sentence="é" * 2001, caution=EVIL)
    with DreamWriter.open(scanned) as writer:
        writer.store("relu1", 0, [(row, dreamt.picture(0))])
    with open_atlas(scanned) as atlas:
        (found,) = atlas[UNIT].dreams
        assert found.sentence == "é" * 1998 + "…"
        assert found.method == EVIL
        shown = Page(atlas[UNIT]._repr_html_())
    assert EVIL in shown.text
    assert "script" not in {tag for tag, _ in shown.tags}
    assert not [attrs for _, attrs in shown.tags if any(name.startswith("on") for name in attrs)]


def large(width, height):
    return [(dreamt.row("relu1", 0, 0), Image.new("RGB", (width, height)))]


def test_what_is_not_taken(scanned):
    rows = dreamt.of("relu1", 0)
    with DreamWriter.open(scanned) as writer:
        for layer, unit, dreams, said in (
            ("relu1", 99, dreamt.of("relu1", 99, 1), "the atlas has no unit relu1:99"),
            ("relu1", 1, rows, "not those of relu1:1"),
            ("relu1", 0, rows[1:], "numbered from 0"),
            ("relu1", 0, dreamt.of("relu1", 0, 101), "100 dreams at most"),
            ("relu1", 0, large(1025, 4), "too large"),
            ("relu1", 0, [(replace(rows[0][0], options="x" * 10_001), rows[0][1])], "options is longer than 10,000"),
        ):
            with pytest.raises(ValueError, match=said):
                writer.store(layer, unit, dreams)
            assert ranks(scanned) == 0
        writer.store("relu1", 0, large(1024, 4))


def test_a_scan_that_has_not_come_to_its_end(tmp_path):
    with AtlasWriter.create(tmp_path / "begun.atlas", synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
    with pytest.raises(PhospheneError, match="has not come to its end"):
        DreamWriter.open(tmp_path / "begun.atlas")


# -- kills and errors --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_kills(scanned):
    choose, killed = random.Random(0), 0
    for _ in range(4):
        stop = choose.randint(2, 5)
        said, dead = drive("tests.atlas.slow_dream", scanned, lambda s, n=stop: len(s) == n, choose.uniform(0, 0.02))
        begun = [int(line.removeprefix("STORE ")) for line in said if line.startswith("STORE ")][-1]
        assert ranks(scanned) in {1 + begun % 3, 1 + (begun - 1) % 3}
        killed += dead
    assert killed == 4
    store(scanned)
    assert ranks(scanned) == 3
    assert [each.name for each in scanned.parent.iterdir()] == [scanned.name]


@pytest.mark.slow
def test_whatever_is_left_behind_opens_as_it_was_before(scanned, tmp_path_factory):
    """Copies of what lies on the disk before each statement: what a kill at that moment would leave."""
    folder, copies, said = tmp_path_factory.mktemp("copies"), [], []

    def keep(statement: str) -> None:
        copies.append(folder / f"{len(copies)}.atlas")
        shutil.copyfile(scanned, copies[-1])
        if (journal := Path(f"{scanned}-journal")).exists():
            shutil.copyfile(journal, f"{copies[-1]}-journal")
        said.append(statement)

    store(scanned, 1)
    with DreamWriter.open(scanned) as writer:
        writer._sole.connection.execute("PRAGMA cache_size=1")  # writes reach the file before the commit
        writer._sole.connection.set_trace_callback(keep)
        writer.store("relu1", 0, dreamt.of("relu1", 0, 40))
        writer._sole.connection.set_trace_callback(None)
    copies = copies[: said.index("COMMIT") + 1]
    assert sum(Path(f"{copy}-journal").exists() for copy in copies) >= 5
    for copy in copies:
        assert ranks(copy) == 1
        DreamWriter.open(copy).close()
        assert not Path(f"{copy}-journal").exists()
    assert ranks(scanned) == 40


@pytest.mark.slow
def test_an_error_at_every_statement(scanned, scan_bytes, monkeypatch):
    def attempt(statement: int, stores) -> tuple[str, ...]:
        scanned.write_bytes(scan_bytes)
        store(scanned, 1)
        with monkeypatch.context() as patches:
            failing(patches)
            with DreamWriter.open(scanned) as writer:
                connection = writer._sole.connection
                connection.left, connection.passed = statement, ()
                with stores:
                    writer.store("relu1", 0, dreamt.of("relu1", 0))
                return connection.passed

    whole = attempt(10_000, nullcontext())
    assert len(whole) > 5
    for statement in range(1, len(whole) + 1):
        passed = attempt(statement, pytest.raises(PhospheneError, match="check it, then go on with the same command"))
        assert ranks(scanned) == (3 if "COMMIT" in passed else 1)


# -- a stranger's ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(tmp_path):
    """A copy of the golden file that a stranger may change, by statements, and under a seal that fits again."""
    path = tmp_path / "stranger.atlas"
    path.write_bytes(GOLDEN.read_bytes())

    def change(statement: str, *values: object, sealed: bool = True) -> Path:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(statement, values)
        if sealed:
            reseal(connection, schema.DREAMS)
        connection.close()
        return path

    return change


MANY = """WITH RECURSIVE n(i) AS (VALUES (3) UNION ALL SELECT i + 1 FROM n WHERE i < {last}) INSERT INTO dreams
SELECT layer, unit, i, 0, 0, 0, 0, 0, 0, '', '', '', '', sha256, webp FROM dreams, n
WHERE layer = 'relu1' AND rank = 0"""


def test_what_a_stranger_may_say(stranger):
    with open_atlas(stranger(MANY.format(last=99))) as atlas:
        assert len(atlas[UNIT].dreams) == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (MANY.format(last=100), "dreams of relu1:0 are missing, or too many"),
        (MANY.format(last=30_000), "dreams of relu1:0 are missing, or too many"),
        ("DELETE FROM dreams WHERE rank = 1", "dreams of relu1:0 are missing"),
        ("DELETE FROM dreams WHERE layer = 'relu1' AND rank = 0", "dreams of relu1:0 are missing"),
        ("UPDATE dreams SET rank = -1 WHERE layer = 'relu2'", "dreams of relu2:3 are missing"),
        ("UPDATE dreams SET unit = 12 WHERE layer = 'relu2'", "dreams are of a unit that no layer has"),
        ("UPDATE dreams SET unit = -1 WHERE layer = 'relu2'", "dreams are of a unit that no layer has"),
        ("UPDATE dreams SET layer = 'nowhere' WHERE layer = 'relu2'", "dreams are of a unit that no layer has"),
        ("UPDATE dreams SET options = hex(zeroblob(5001))", "a text of the table dreams is too long"),
        ("UPDATE dreams SET method = hex(zeroblob(501))", "a text of the table dreams is too long"),
        ("UPDATE dreams SET caution = char(0) || hex(zeroblob(2000))", "a text of the table dreams is too long"),
        ("UPDATE dreams SET sha256 = zeroblob(65)", "a text of the table dreams is too long"),
    ],
)
def test_dreams_that_cannot_be_even_under_a_seal(stranger, statement, said):
    with pytest.raises(PhospheneError, match=said):
        open_atlas(stranger(statement, sealed="zeroblob(65)" not in statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dreams SET ratio = 100 WHERE rank = 0",
        "UPDATE dreams SET caution = '' WHERE caution <> ''",
        "UPDATE dreams SET activation = 'much'",
        "UPDATE dreams SET seed = 1.5",
        "UPDATE dreams SET method = 'by hand'",
        "UPDATE dreams SET sha256 = 'none'",
        "DELETE FROM dreams",
        "DELETE FROM seals WHERE name = 'dreams'",
    ],
)
def test_a_change_is_noticed(stranger, statement):
    with pytest.raises(PhospheneError, match="is damaged"):
        open_atlas(stranger(statement, sealed=False))


def webp(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "WEBP", lossless=True)
    return file.getvalue()


def said_to_be(width, height):
    """A small picture whose head states another size (14 bits each, less one)."""
    data = webp(4, 4)
    assert data[12:16] == b"VP8L"
    return data[:21] + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + data[25:]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF" + bytes(26),
        webp(4, 4)[:30],
        webp(1025, 1),
        said_to_be(16_000, 16_000),
        webp(4, 4) + bytes(8_000_000),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        "text",
        5,
    ],
    ids=["empty", "head alone", "cut", "wide", "a bomb", "long", "another format", "text", "number"],
)
def test_pictures_that_are_none(stranger, data):
    """Hash and seal fit; the head is looked at before anything is decoded."""
    sha256 = hashlib.sha256(data if isinstance(data, bytes) else str(data).encode()).hexdigest()
    path = stranger("UPDATE dreams SET webp = ?, sha256 = ? WHERE layer = 'relu2'", data, sha256)
    with open_atlas(path) as atlas:
        (dream,) = atlas["relu2:3"].dreams
        with pytest.raises(PhospheneError, match="is damaged"):
            _ = dream.picture


def test_a_picture_of_other_bytes_than_were_hashed(stranger):
    path = stranger("UPDATE dreams SET webp = ? WHERE rank = 0 AND layer = 'relu1'", webp(12, 10), sealed=False)
    with open_atlas(path) as atlas, pytest.raises(PhospheneError, match="bytes are not those that were hashed"):
        _ = atlas[UNIT].dreams[0].picture
