"""`phosphene atlas`, `query` and `export`: for people, and for machines as the schema in docs says."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from phosphene.atlas.dreaming import DreamWriter
from phosphene.atlas.reading import open_atlas
from phosphene.atlas.writing import AtlasWriter
from phosphene.cli import app
from phosphene.cli.table import table
from tests.atlas import dreamt, synthetic

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "atlas" / "golden.atlas"
SCHEMA = json.loads((ROOT / "docs" / "atlas-summary.schema.json").read_text(encoding="utf-8"))


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="phosphene")


@pytest.fixture
def begun(tmp_path):
    """An atlas whose scan was stopped after two shards."""
    with AtlasWriter.create(tmp_path / "begun.atlas", synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
        writer.commit(synthetic.shard(1))
    return tmp_path / "begun.atlas"


# Counted by hand in tests/atlas/synthetic.py: images 5, 18 and 31 are broken, relu2:5 is dead, relu2:7 is relu2:3.
SUMMARY = """\
synthetic over drawn: complete
  40 of 40 images, 3 of them passed over; 2 s
  3 layers, 17 units, 1 of them dead, 15 with trust rows; float32
  35 thumbnails and 4 dreams of 2 units inside; 0.1 MB in {file}

layer  operation  units  dead  pairs alike  tells best
relu1  relu           3     0            0  dog: unit 2, 0.60
relu2  relu          12     1            1  dog: unit 0, 0.98
pool   mean           2     0            0  dog: unit 0, 0.62
passed over 3: it ends too early (first: cat/005 <é>.jpg)
"""


@pytest.mark.slow
def test_a_summary_for_people():
    result = run("atlas", GOLDEN)
    assert (result.exit_code, result.stdout, result.stderr) == (0, SUMMARY.format(file=GOLDEN), "")


def test_what_the_figures_of_the_summary_are():
    aucs = {(layer.name, unit): synthetic.auc(layer, unit, "dog") for layer, unit in synthetic.addresses()}
    assert f"{aucs['relu2', 0]:.2f}" == "0.98"
    assert f"{max(v for (name, _), v in aucs.items() if name == 'relu1'):.2f}" == "0.60"


@pytest.mark.slow
def test_a_summary_for_machines_keeps_to_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(run("atlas", GOLDEN, "--json").stdout)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(found, SCHEMA)
    with open_atlas(GOLDEN) as atlas:
        assert found["content_hash"] == atlas.content_hash()
    assert (found["units"], found["dead"], found["progress"]["failed"]) == (17, 1, 3)
    assert [found["measured"], *(layer["measured"] for layer in found["layers"])] == [15, 3, 12, 0]
    assert found["layers"][1] == {
        "name": "relu2",
        "kind": "relu",
        "units": 12,
        "dead": 1,
        "duplicates": 1,
        "measured": 12,
        "most_selective": {"unit": 0, "label": "dog", "auc": synthetic.auc(synthetic.LAYERS[1], 0, "dog")},
    }
    assert found["passed_over"] == [{"reason": "it ends too early", "images": 3, "first": "cat/005 <é>.jpg"}]


def test_the_schema_allows_nothing_else():
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(run("atlas", GOLDEN, "--json").stdout)
    for change in ({"more": 1}, {"units": "17"}, {"layers": [{}]}, {"content_hash": "short"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found | change, SCHEMA)


def test_a_scan_that_is_not_at_its_end(begun):
    jsonschema = pytest.importorskip("jsonschema")
    said = run("atlas", begun).stdout
    assert "synthetic over drawn: not at its end; go on with: phosphene scan … --resume" in said
    assert "16 of 40 images, 1 of them passed over" in said
    found = json.loads(run("atlas", begun, "--json").stdout)
    jsonschema.validate(found, SCHEMA)
    assert (found["dead"], found["layers"][0]["dead"], found["progress"]["complete"]) == (None, None, False)
    assert (found["measured"], found["layers"][0]["measured"]) == (None, None)
    assert "trust rows" not in said


@pytest.mark.slow
def test_dreams_are_counted(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    path = shutil.copy(GOLDEN, tmp_path / "dreamt.atlas")
    with DreamWriter.open(path) as writer:
        for unit in dreamt.UNITS:
            writer.store(*unit, [])
    assert "\n  35 thumbnails inside; " in run("atlas", path).stdout
    with DreamWriter.open(path) as writer:
        writer.store("relu2", 3, dreamt.of("relu2", 3))
    assert "\n  35 thumbnails and 1 dream of 1 unit inside; " in run("atlas", path).stdout
    dreamt.store(path)
    found = json.loads(run("atlas", path, "--json").stdout)
    jsonschema.validate(found, SCHEMA)
    assert (found["dreams"], found["dreamt"]) == (sum(dreamt.UNITS.values()), len(dreamt.UNITS)) == (4, 2)


def test_a_question_for_people():
    result = run("query", GOLDEN, "SELECT layer, unit, mean, explained FROM units WHERE layer = 'pool'")
    means = [sum(v) / len(v) for v in (synthetic.peaks(synthetic.LAYERS[2], unit) for unit in (0, 1))]
    assert result.stdout == (
        f"layer  unit      mean  explained\npool      0  {means[0]:.6g}\npool      1  {means[1]:>8.6g}\n"
    )


def test_a_question_for_machines():
    result = run("query", GOLDEN, "SELECT name, length(name), data FROM layers, blobs LIMIT 1", "--json")
    size = json.loads(run("query", GOLDEN, "SELECT length(data) FROM blobs LIMIT 1", "--json").stdout)["rows"][0][0]
    assert json.loads(result.stdout) == {
        "columns": ["name", "length(name)", "data"],
        "rows": [["relu1", 5, f"<{size} bytes>"]],
    }


def test_an_answer_without_rows():
    assert run("query", GOLDEN, "SELECT layer, unit FROM units WHERE unit > 99").stdout == "layer  unit\n"
    assert json.loads(run("query", GOLDEN, "SELECT 1 WHERE 0", "--json").stdout) == {"columns": ["1"], "rows": []}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("query", GOLDEN, "DELETE FROM units"), 2, "a query reads the atlas and does nothing else"),
        (("query", GOLDEN, "SELECT * FROM image"), 2, "no table or view 'image'; did you mean 'images'?"),
        (("atlas", GOLDEN.with_name("goldn.atlas")), 2, "did you mean 'golden.atlas'?"),
        (("atlas", __file__), 1, "is no atlas; give a file that 'phosphene scan' wrote"),
    ],
)
def test_mistakes(words, code, said):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_an_export(tmp_path):
    pytest.importorskip("pyarrow")
    result = run("export", GOLDEN, "--parquet", tmp_path / "tables")
    assert f"{tmp_path / 'tables' / 'units.parquet'}  17 rows" in result.stdout.splitlines()
    found = json.loads(run("export", GOLDEN, "--parquet", tmp_path / "tables", "--json").stdout)
    assert {"file": str(tmp_path / "tables" / "images.parquet"), "rows": 37} in found["files"]


def test_a_strangers_names_do_not_steer_the_terminal():
    shown = table(("a", "b"), [("\x1b[2J\nx", 1.5), (None, b"abc")])
    assert shown == "a       b\n?[2J?x  1.5\n        <3 bytes>"
