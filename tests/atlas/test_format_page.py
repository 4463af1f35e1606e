"""docs/atlas-format.md, word by word: its schema, seals, content hash and six questions, on the golden file.

Nothing here uses the package's own reading but to compare with it.
"""

import hashlib
import json
import re
import sqlite3
import struct
from pathlib import Path

import pytest

from phosphene.atlas.dreamed import DREAMS
from phosphene.atlas.measured import QUESTIONS
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.schema import STATEMENTS, TABLES, TRUST_OPTIONS, VIEW_NAMES
from phosphene.atlas.state import ARRAYS
from phosphene.atlas.thumbnails import LARGEST_SIDE
from phosphene.atlas.trusting import TrustWriter
from phosphene.atlas.writing import AtlasWriter
from tests.atlas import dreamt, synthetic, trusted
from tests.atlas.everything import everything
from tests.docs.blocks import blocks

GOLDEN = Path(__file__).with_name("golden.atlas")
PAGE = (Path(__file__).parents[2] / "docs" / "atlas-format.md").read_text(encoding="utf-8")
CODE = [block.code for block in blocks(PAGE)]
ASKED = [code for code in CODE if code.startswith("SELECT")]


@pytest.fixture
def golden():
    connection = sqlite3.connect(f"{GOLDEN.as_uri()}?mode=ro", uri=True)
    yield connection
    connection.close()


@pytest.mark.slow
def test_the_current_writer_reproduces_the_golden_file(tmp_path):
    with AtlasWriter.create(tmp_path / "new.atlas", synthetic.manifest()) as writer:
        synthetic.write(writer)
    with TrustWriter.open(tmp_path / "new.atlas", trusted.ABOUT) as writer:
        writer.add(trusted.rows())
    dreamt.store(tmp_path / "new.atlas")
    with open_atlas(tmp_path / "new.atlas") as new, open_atlas(GOLDEN) as golden:
        assert new.content_hash() == golden.content_hash(), "the format changed; raise FORMAT, or see golden_atlas.py"
        assert everything(new) == everything(golden)


def test_the_schema_on_the_page_is_that_of_the_file(golden):
    written = next(code for code in CODE if code.startswith("CREATE TABLE"))
    found = [row[0] for row in golden.execute("SELECT sql FROM sqlite_schema")]
    assert [statement.strip() for statement in written.split(";") if statement.strip()] == found == list(STATEMENTS)
    header = GOLDEN.read_bytes()[:100]
    assert struct.unpack(">I", header[68:72]) == (0x50484F53,)
    assert struct.unpack(">I", header[60:64]) == (1,)


def test_views_arrays_and_manifest_are_all_on_the_page(golden):
    described = dict(re.findall(r"^\| `(\w+)` \| .* \| `([\w ]+)` \|$", PAGE, re.MULTILINE))
    for view in VIEW_NAMES:
        columns = [column[0] for column in golden.execute(f"SELECT * FROM {view}").description]
        assert described[view].split() == columns
    kinds = {"int64": "<i8", "uint64": "<u8", "int32": "<i4", "float64": "<f8", "float32": "<f4"}
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([A-Z, ]+|one number) \| ", PAGE, re.MULTILINE)
    shapes = {name: (kinds[kind], re.sub("one number|, ", "", shape)) for name, kind, shape in rows}
    assert shapes == {name: (kind.dtype, kind.shape) for name, kind in ARRAYS.items()}
    fields = {name for (name,) in golden.execute("SELECT name FROM manifest")}
    assert all(f"`{name}`" in PAGE for name in fields)


# -- seals, as the page says -------------------------------------------------------------------------------------------

TYPES = {"INTEGER": "<q", "REAL": "<d", "TEXT": "<I"}


def hashed(digest, golden, table, rows):
    kinds = [kind for _, _, kind, *_ in golden.execute(f"PRAGMA table_info({table})") if kind != "BLOB"]
    for start in range(0, len(rows), 4096):
        for place, kind in enumerate(kinds):
            values = [row[place] for row in rows[start : start + 4096]]
            for value in values:
                digest.update(b"\0" if value is None else b"\1")
            texts = [(value or "").encode() for value in values] if kind == "TEXT" else []
            for number in map(len, texts) if kind == "TEXT" else values:
                digest.update(struct.pack(TYPES[kind], number or 0))
            for text in texts:
                digest.update(text)


def rows_of(golden, table):
    info = golden.execute(f"PRAGMA table_info({table})").fetchall()
    names = ", ".join(f'"{name}"' for _, name, kind, *_ in info if kind != "BLOB")
    rows = golden.execute(f"SELECT {names} FROM {table}").fetchall()
    keys = [place for *_, place in info if place]
    assert keys == sorted(keys)  # the key's columns come first
    return sorted(rows, key=lambda row: [v.encode() if isinstance(v, str) else v for v in row[: len(keys)]])


def seal(golden, table):
    digest, rows = hashlib.sha256(), rows_of(golden, table)
    hashed(digest, golden, table, rows)
    return f"{table} {len(rows)} {digest.hexdigest()}"


def test_seals(golden):
    found = {row[0]: "{} {} {}".format(*row) for row in golden.execute("SELECT * FROM seals")}
    at_the_end = ["units", "examples", "classes", "correlations", "visible", "thumbnails"]
    later = ["measured", "trust_options", "dreams"]
    assert sorted(found) == sorted(["manifest", "layers", "shards", "arrays", *at_the_end, *later])
    assert found == {table: seal(golden, table) for table in found}


def test_seals_of_shards(golden):
    images, failures = rows_of(golden, "images"), rows_of(golden, "failures")
    for scanned, failed, sha256 in golden.execute("SELECT scanned, failed, sha256 FROM shards ORDER BY number"):
        digest = hashlib.sha256()
        hashed(digest, golden, "images", images[:scanned])
        hashed(digest, golden, "failures", failures[:failed])
        assert digest.hexdigest() == sha256
        del images[:scanned], failures[:failed]
    assert not images + failures


def test_seals_of_trust_rows(golden):
    rows = rows_of(golden, "trust")
    for layer, unit, sha256 in golden.execute("SELECT layer, unit, sha256 FROM measured"):
        digest = hashlib.sha256()
        hashed(digest, golden, "trust", [row for row in rows if row[:2] == (layer, unit)])
        assert digest.hexdigest() == sha256
    assert {row[:2] for row in rows} == set(golden.execute("SELECT layer, unit FROM measured"))


def test_bounds_of_texts():
    said = " ".join(PAGE.split())
    for table in TABLES:
        for column in table.columns:
            if column.longest and column.name != "sha256":
                told = "option" if table is TRUST_OPTIONS else f"`{column.name}`"
                assert re.search(rf"{told}[^,]* {column.longest:,}[,.]", said), column
    assert f"A unit has {QUESTIONS} rows at most" in said
    assert f"A unit has {DREAMS} dreams at most" in said
    assert f"A reader MUST NOT decode a picture beyond {LARGEST_SIDE:,} pixels a side" in said


def test_hashes_of_blobs(golden):
    for sha256, data in golden.execute("SELECT sha256, data FROM arrays JOIN blobs USING (blob)"):
        assert hashlib.sha256(data).hexdigest() == sha256
    for sha256, data in golden.execute("SELECT sha256, webp FROM thumbnails UNION ALL SELECT sha256, webp FROM dreams"):
        assert hashlib.sha256(data).hexdigest() == sha256


def test_the_content_hash(golden):
    manifest = {name: json.loads(value) for name, value in golden.execute("SELECT name, value FROM manifest")}
    del manifest["created"], manifest["versions"]
    tables = "layers images failures units examples classes correlations visible thumbnails".split()
    lines = [
        "manifest " + json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True),
        "fingerprint {}".format(*golden.execute("SELECT fingerprint FROM shards ORDER BY number DESC").fetchone()),
        *(seal(golden, table) for table in tables),
        *(
            "array {} {} {}".format(*row)
            for row in golden.execute("SELECT layer, name, sha256 FROM arrays ORDER BY 1, 2")
        ),
    ]
    with open_atlas(GOLDEN) as atlas:
        assert hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest() == atlas.content_hash()


# -- the six questions, answered a second time by plain Python over the records of the synthetic scan -----------------


def preferring_dogs():
    dead = {(unit.layer, unit.unit) for unit in synthetic.units() if unit.dead}
    rows = [(c.layer, c.unit, c.auc) for c in synthetic.classes() if c.label == "dog" and (c.layer, c.unit) not in dead]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))[:10]


def close_pairs():
    return sorted(
        {(c.layer, c.unit, c.other, c.r) for c in synthetic.correlations() if c.r > 0.95 and c.unit < c.other}
    )


def driven_by_darkness():
    rows = [(v.layer, v.unit, v.share) for v in synthetic.visible() if v.feature == "lightness" and v.r < 0]
    return sorted((row for row in rows if row[2] > 0.1), key=lambda row: (-row[2], row[0], row[1]))


def dead_by_layer():
    units = list(synthetic.units())
    layers = sorted({unit.layer for unit in units})
    return [
        (name, sum(u.layer == name for u in units), sum(u.dead for u in units if u.layer == name)) for name in layers
    ]


def pictures_of_most_units():
    images = [example.image for example in synthetic.examples() if example.kind == "top"]
    counted = [(synthetic.name(image), images.count(image)) for image in set(images)]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:5]


def least_specific():
    dead = {(unit.layer, unit.unit) for unit in synthetic.units() if unit.dead}
    rows = [r for r in trusted.rows() if r.question == "specificity" and (r.layer, r.unit) not in dead]
    ranked = sorted(rows, key=lambda r: (r.value, r.layer, r.unit))
    return [(r.layer, r.unit, r.value, r.caution) for r in ranked[:10]]


ANSWERS = (
    preferring_dogs,
    close_pairs,
    driven_by_darkness,
    dead_by_layer,
    pictures_of_most_units,
    least_specific,
)


@pytest.mark.parametrize("number", range(6))
def test_the_six_questions(number):
    assert len(ASKED) == 6
    expected = ANSWERS[number]()
    with open_atlas(GOLDEN) as atlas:
        assert atlas.query(ASKED[number]).rows == expected
    assert expected


def test_causes_have_names(golden):
    features = ["lightness", "red-green", "blue-yellow", "contrast"]
    sql = next(s for s in STATEMENTS if "driven_by" in s).replace("visible", "given").replace("VIEW", "TEMP VIEW")
    golden.execute("CREATE TEMP TABLE given (layer, unit, feature, r, share)")
    golden.executemany("INSERT INTO given VALUES ('a', 0, ?, ?, 0)", [(f, r) for f in features for r in (-1, 1)])
    golden.execute(sql.replace("driven_by", "causes"))
    found = [row[0] for row in golden.execute("SELECT cause FROM causes")]
    assert found == ["darkness", "brightness", "green", "red", "blue", "yellow", "little contrast", "contrast"]
