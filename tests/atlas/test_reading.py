"""What an open atlas tells, and what it refuses; a stranger's file that was made to do harm."""

import hashlib
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from phosphene.atlas import rows, schema, state, stored, thumbnails
from phosphene.atlas.checks import AT_THE_END, seal_of
from phosphene.atlas.connection import journal_of
from phosphene.atlas.inserting import reseal
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.records import Options
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import PhospheneError, UsageError
from tests.atlas import synthetic, trusted

GOLDEN = Path(__file__).with_name("golden.atlas")


@pytest.fixture
def atlas():
    with open_atlas(GOLDEN) as opened:
        yield opened


@pytest.fixture
def stranger(tmp_path):
    """A copy of the golden file that a stranger may change, by statements."""
    path = tmp_path / "stranger.atlas"
    path.write_bytes(GOLDEN.read_bytes())

    def change(*statements, sealed=()):
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(*([statement] if isinstance(statement, str) else statement))
        reseal(connection, *sealed)
        connection.close()
        return path

    return change


@pytest.mark.slow
def test_an_atlas_is_read_and_written_without_pytorch():
    rooms = ", ".join(f"phosphene.atlas.{room}" for room in ("reading", "writing", "summary", "export"))
    code = f"import sys, {rooms}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- what it tells -----------------------------------------------------------------------------------------------------


def test_at_a_glance(atlas):
    assert repr(atlas) == f"Atlas({str(GOLDEN)!r}, synthetic, 40 of 40 images of drawn)"
    assert (atlas.complete, atlas.layers, len(atlas.failures)) == (True, synthetic.LAYERS, 3)
    assert atlas.progress.seconds == 2.5


def test_units_of_a_layer(atlas):
    units = atlas["relu2"]
    assert [str(unit) for unit in units] == [f"relu2:{number}" for number in range(12)]
    assert repr(units[3]) == "AtlasUnit('relu2:3')"
    assert units[3].evidence == tuple(trusted.of("relu2", 3))
    assert atlas["pool:0"].evidence == ()
    assert units[5].stats.dead
    assert units[5].examples == ()


def test_order_within_a_unit(atlas):
    unit = atlas["relu2:0"]
    assert [example.rank for example in unit.examples] == [0, 1, 2, 3]
    assert [example.rank for example in unit.typical] == [10, 50, 90]
    assert [row.label for row in unit.classes] == ["dog", "cat"]
    assert [abs(row.r) for row in unit.correlated] == sorted((abs(row.r) for row in unit.correlated), reverse=True)
    assert [row.feature for row in unit.visible] == ["lightness", "contrast"]


def test_images_by_number(atlas):
    assert atlas.images[3].name == "cat/003 <é>.jpg"
    assert len(atlas.images) == 37
    with pytest.raises(UsageError, match="has no image 5; an example's image is one"):
        atlas.images[5]  # it was broken


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("relu2:12", "relu2 has units 0 to 11, so there is no unit 12"),
        ("relu", "no layer 'relu'; did you mean 'relu[12]'"),
        ("xyz", "no layer 'xyz'; it has relu1, relu2, pool"),
        ("relu2:", "is no unit's address; type LAYER:INDEX"),
        ("relu2:-1", "is no unit's address"),
        ("relu2:1:2", "is no unit's address"),
    ],
)
def test_addresses_that_are_none(atlas, address, said):
    with pytest.raises(UsageError, match=said):
        atlas[address]


def test_arrays_that_are_not_there(atlas):
    with pytest.raises(UsageError, match="has no array 'means' of relu1; did you mean 'mean'"):
        atlas.array("relu1", "means")
    with pytest.raises(UsageError, match="no layer 'relu3'; did you mean"):
        atlas.array("relu3", "mean")


def test_thumbnails_and_patches(atlas):
    """Image 1 is red on the left and blue on the right, 8x6 pixels of a picture of 16x12; its box begins at x = 2."""
    example = next(e for unit in atlas["relu2"] for e in unit.examples if e.image % 3)
    picture = atlas.thumbnail(example.image)
    assert picture.size == (8, 6)
    patch = atlas[f"relu2:{example.unit}"].patch(example)
    assert patch.size == (6, 6)
    pixels = np.asarray(patch)
    assert (pixels[:, :3] == (255, 0, 0)).all()
    assert (pixels[:, 3:] == (0, 0, 255)).all()
    assert atlas.thumbnail(5) is None


def test_after_it_was_closed(atlas):
    atlas.close()
    with pytest.raises(PhospheneError, match="it was closed; open it again"):
        list(atlas.images)


# -- files that are none -----------------------------------------------------------------------------------------------


def test_files_that_are_no_atlas(tmp_path):
    (tmp_path / "empty.atlas").touch()
    (tmp_path / "text.atlas").write_text("nothing " * 1000)
    connection = sqlite3.connect(tmp_path / "other.atlas")
    connection.execute("CREATE TABLE units (a)")
    connection.close()
    for name, said in {
        "empty.atlas": "is empty or no file",
        "text.atlas": "is no atlas; give a file that 'phosphene scan' wrote",
        "other.atlas": "is no atlas; give a file that 'phosphene scan' wrote",
        "emty.atlas": "there is no atlas '.*'; did you mean 'empty.atlas'",
        "nothing": "there is no atlas '.*'; check its name",
        "": "is a folder; give a file",
        "text.atlas/a": "there is no atlas",
    }.items():
        with pytest.raises(PhospheneError, match=said):
            open_atlas(tmp_path / name)


def test_a_newer_format(stranger):
    path = stranger("PRAGMA user_version = 2")
    with pytest.raises(
        PhospheneError, match="is of format 2, and this version reads up to 1; get a newer one: python -m"
    ):
        open_atlas(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_short(tmp_path, share):
    data = GOLDEN.read_bytes()
    (tmp_path / "a.atlas").write_bytes(data[: int(share * len(data))])
    with pytest.raises(PhospheneError, match=r"is damaged \((it was )?cut short"):
        open_atlas(tmp_path / "a.atlas")


def test_a_write_ahead_log_is_not_taken_up(stranger, tmp_path):
    path = stranger("PRAGMA journal_mode = WAL")
    with pytest.raises(PhospheneError, match=r"write-ahead log, .*; type: sqlite3 .* 'PRAGMA journal_mode=DELETE'"):
        open_atlas(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_pages_that_no_seal_covers_are_checked_too(tmp_path):
    """The seventh byte of a page counts lost bytes; no row depends on it."""
    data = bytearray(GOLDEN.read_bytes())
    with open_atlas(GOLDEN) as atlas:
        ((page,),) = atlas.query("SELECT rootpage FROM sqlite_schema WHERE name = 'units'")
    data[(page - 1) * 4096 + 7] += 1
    (tmp_path / "a.atlas").write_bytes(data)
    with pytest.raises(PhospheneError, match=r"is damaged \(its pages do not fit together: Fragmentation"):
        open_atlas(tmp_path / "a.atlas")


# -- a stranger's ------------------------------------------------------------------------------------------------------

VISIBLY_CHANGED = [
    "CREATE TRIGGER t AFTER INSERT ON units BEGIN DELETE FROM images; END",
    "CREATE VIEW more AS SELECT load_extension('x')",
    "CREATE TABLE more (a)",
    "CREATE INDEX more ON images (name)",
    "DROP VIEW strongest",
    "ANALYZE",
]


@pytest.mark.parametrize("statement", VISIBLY_CHANGED)
def test_another_schema(stranger, statement):
    with pytest.raises(PhospheneError, match=r"is damaged \(its tables are not those of an atlas\)"):
        open_atlas(stranger(statement))


def test_nothing_in_the_schema_is_trusted(atlas):
    values = {name: atlas._source._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert values == PRAGMAS


PRAGMAS = {"trusted_schema": 0, "query_only": 1, "cell_size_check": 1, "locking_mode": "normal"}


def test_units_of_a_scan_that_has_not_ended(stranger):
    seals = ", ".join(f"'{table.name}'" for table in (*AT_THE_END, *schema.LATER))
    path = stranger("DELETE FROM thumbnails", f"DELETE FROM seals WHERE name IN ({seals})")
    with pytest.raises(PhospheneError, match="the table units has rows before its time"):
        open_atlas(path)


def test_a_view_that_does_something_else(stranger):
    path = stranger(
        "DROP VIEW dead_units", "CREATE VIEW dead_units AS SELECT layer, unit, count, load_extension('x') FROM units"
    )
    with pytest.raises(PhospheneError, match="its tables are not those"):
        open_atlas(path)


@pytest.mark.parametrize("table", [table.name for table in schema.TABLES if table is not schema.BLOBS])
def test_a_row_less(stranger, table):
    with pytest.raises(PhospheneError, match="is damaged"):
        open_atlas(
            stranger(
                f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})"
                if table in BY_NUMBER
                else f"DELETE FROM {table} WHERE {KEYS[table]} = (SELECT max({KEYS[table]}) FROM {table})"
            )
        )


BY_NUMBER = {table.name for table in schema.TABLES if "WITHOUT ROWID" not in table.sql}
KEYS = {table.name: table.key[0] for table in schema.TABLES}


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE units SET mean = 'much' WHERE unit = 1", schema.UNITS),
        ("UPDATE units SET count = 1.5", schema.UNITS),
        ("UPDATE units SET best_class = x'ff'", schema.UNITS),
        ("UPDATE layers SET units = -1", schema.LAYERS),
        ("UPDATE layers SET units = 5000000000", schema.LAYERS),
        ("UPDATE manifest SET value = 'nothing' WHERE name = 'network'", schema.MANIFEST),
        ("UPDATE manifest SET value = '5' WHERE name = 'network'", schema.MANIFEST),
        ("UPDATE manifest SET value = '-1' WHERE name = 'total'", schema.MANIFEST),
        ("UPDATE manifest SET value = '{}' WHERE name = 'options'", schema.MANIFEST),
        ("UPDATE manifest SET value = '2' WHERE name = 'format'", schema.MANIFEST),
        ("UPDATE manifest SET name = 'more' WHERE name = 'total'", schema.MANIFEST),
        (("UPDATE manifest SET value = ? WHERE name = 'classes'", ("[" * 100_000,)), schema.MANIFEST),
        ("UPDATE arrays SET blob = 1 WHERE name = 'mean'", schema.ARRAYS),
    ],
)
def test_values_that_cannot_be_even_under_a_seal(stranger, statement, table):
    with pytest.raises(PhospheneError, match="is damaged"):
        open_atlas(stranger_sealed(stranger, statement, table))


def stranger_sealed(stranger, statement, table):
    """Under a seal as far as one can be made; where the values cannot be sealed, they cannot be read either."""
    try:
        return stranger(statement, sealed=[table])
    except (ValueError, sqlite3.Error):
        return stranger()


def blob_of(array: np.ndarray, name: str) -> bytes:
    return state.save({name: array})


def replaced(stranger, data: bytes):
    """The blob of relu1's mean, with hash and seals that fit."""
    number = "(SELECT blob FROM arrays WHERE layer = 'relu1' AND name = 'mean')"
    return stranger(
        (f"UPDATE blobs SET data = ? WHERE blob = {number}", (data,)),
        ("UPDATE arrays SET sha256 = ? WHERE layer = 'relu1' AND name = 'mean'", (hashlib.sha256(data).hexdigest(),)),
        sealed=[schema.ARRAYS],
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95nothing to unpickle",
        (2**60).to_bytes(8, "little") + b"{}",
        blob_of(np.zeros(4), "mean"),
        blob_of(np.zeros(3, "f4"), "mean"),
        blob_of(np.zeros(3), "m2"),
        blob_of(np.zeros(100_000), "mean"),
    ],
    ids=["empty", "pickle", "endless head", "too long", "other kind", "other name", "large"],
)
def test_arrays_that_are_not_what_the_manifest_says(stranger, data):
    with open_atlas(replaced(stranger, data)) as atlas, pytest.raises(PhospheneError, match="is damaged"):
        atlas.array("relu1", "mean")


def test_an_array_that_is_too_long_is_not_even_read(stranger, monkeypatch):
    monkeypatch.setattr(stored, "decode", None)
    path = replaced(stranger, blob_of(np.zeros(600), "mean"))  # of 3 numbers and a head of 4,096 bytes
    with open_atlas(path) as atlas, pytest.raises(PhospheneError, match="is not what the manifest says"):
        atlas.array("relu1", "mean")


def test_large_sizes_in_the_manifest_take_no_memory(stranger, monkeypatch):
    """A billion units are declared; what is read is what is there."""
    path = stranger("UPDATE layers SET units = 1000000000 WHERE name = 'relu1'", sealed=[schema.LAYERS])
    monkeypatch.setattr(np, "zeros", None)
    with (
        open_atlas(path) as atlas,
        pytest.raises(PhospheneError, match=r"float64 \(3,\), where <f8 1000000000 belongs"),
    ):
        atlas.array("relu1", "mean")


# -- thumbnails --------------------------------------------------------------------------------------------------------


def with_thumbnail(stranger, webp: bytes):
    row = (hashlib.sha256(webp).hexdigest(), webp)
    return stranger(("UPDATE thumbnails SET sha256 = ?, webp = ? WHERE image = 1", row), sealed=[schema.THUMBNAILS])


def vp8l(width: int, height: int) -> bytes:
    head = synthetic.GREEN[:21]
    return head + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + synthetic.GREEN[25:]


@pytest.mark.parametrize(
    ("webp", "said"),
    [
        (b"", "no WebP"),
        (b"RIFF" + bytes(40), "no WebP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "no WebP"),
        (vp8l(16383, 16383), "too large"),
        (vp8l(100, 100), "cannot be decoded"),
        (synthetic.GREEN[:35], "cannot be decoded"),
        (synthetic.GREEN[:12] + b"ABCD" + synthetic.GREEN[16:], "no WebP"),
    ],
)
def test_thumbnails_that_are_none(stranger, webp, said):
    with (
        open_atlas(with_thumbnail(stranger, webp)) as atlas,
        pytest.raises(PhospheneError, match=f"is damaged .*{said}"),
    ):
        atlas.thumbnail(1)


def test_a_thumbnail_whose_bytes_were_changed(stranger):
    path = stranger(("UPDATE thumbnails SET webp = ? WHERE image = 1", (synthetic.GREEN,)))
    with open_atlas(path) as atlas, pytest.raises(PhospheneError, match="not those that were hashed"):
        atlas.thumbnail(1)


def test_the_size_in_a_head_is_that_which_pillow_finds(tmp_path):
    from PIL import Image

    for number, (mode, options) in enumerate(
        [
            ("RGB", {"lossless": True}),
            ("RGB", {"quality": 50}),
            ("RGBA", {"quality": 50}),
            ("RGB", {"exif": b"Exif\0\0"}),
        ]
    ):
        file = tmp_path / f"{number}.webp"
        Image.new(mode, (123, 45)).save(file, **options)
        assert thumbnails.size(file.read_bytes()) == (123, 45)


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((0, 0, 16, 12), (8, 6)),
        ((-5, -5, 100, 100), (8, 6)),
        ((15.9, 11.9, 16, 12), (1, 1)),
        ((4, 4, 4, 4), (1, 1)),
        ((2, 0, 14, 12), (6, 6)),
    ],
)
def test_patches_lie_within_the_thumbnail(box, size):
    picture = thumbnails.decode(synthetic.GREEN)
    assert thumbnails.cut(picture, 16, 12, box).size == size


def test_a_box_that_is_nowhere(stranger):
    path = stranger(("UPDATE examples SET x1 = ?", (math.inf,)), sealed=[schema.EXAMPLES])
    with open_atlas(path) as atlas, pytest.raises(PhospheneError, match="is damaged"):
        atlas["relu2:3"].patch(atlas["relu2:3"].examples[0])


def test_an_example_of_no_image(stranger):
    path = stranger("UPDATE examples SET image = 99", sealed=[schema.EXAMPLES])
    with open_atlas(path) as atlas, pytest.raises(PhospheneError, match="has no image 99"):
        atlas["relu2:3"]._repr_html_()


# -- journals ----------------------------------------------------------------------------------------------------------


def test_a_journal_that_names_another_file_is_not_taken_up(tmp_path):
    """SQLite removes a super-journal of which no child is left: a stranger must not choose which file that is."""
    path, precious = tmp_path / "a.atlas", tmp_path / "precious"
    path.write_bytes(GOLDEN.read_bytes())
    precious.write_bytes(b"")
    name = str(precious).encode()
    magic = bytes.fromhex("d9d505f920a163d7")
    head = magic + (0).to_bytes(4) + (0).to_bytes(4) + (28).to_bytes(4) + (512).to_bytes(4) + (4096).to_bytes(4)
    tail = (0x40000000 // 4096 + 1).to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4) + magic
    journal_of(path).write_bytes(head.ljust(512, b"\0") + tail)
    with pytest.raises(PhospheneError, match="was not left by a scan; remove it"):
        open_atlas(path)
    with pytest.raises(PhospheneError, match="was not left by a scan; remove it"):
        AtlasWriter.resume(path, synthetic.manifest())
    assert precious.exists()


# -- a seal covers everything ------------------------------------------------------------------------------------------


def test_a_seal_tells_null_from_nothing_and_where_a_text_ends():
    table = schema.CLASSES
    some = [[("a", 1, "b", 0.0, None)], [("a", 1, "b", None, 0.0)], [("ab", 1, "", 0.0, None)], []]
    assert len({rows.seal(table, each).sha256 for each in some}) == len(some)


def test_a_seal_takes_blocks_as_they_come():
    table = schema.FAILURES
    many = [(number, f"name {number}", "reason") for number in range(10_000)]
    assert rows.seal(table, iter(many)) == rows.seal(table, many)
    assert rows.seal(table, many).rows == 10_000


def test_reading_does_not_change_the_file(atlas, tmp_path):
    before = hashlib.sha256(GOLDEN.read_bytes()).hexdigest()
    atlas["relu2:3"]._repr_html_()
    assert hashlib.sha256(GOLDEN.read_bytes()).hexdigest() == before
    assert seal_of(atlas._source._connection, schema.UNITS).rows == 17


def test_options_are_those_of_the_file(atlas):
    assert atlas.manifest.options == Options(top=4, sample=16, batch=4, positions=2)
