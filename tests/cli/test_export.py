"""`phosphene export`: pages, tables, or both; what it says where, and how it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import phosphene as ph
from phosphene import bundled
from phosphene.cli import app
from phosphene.sources.networks import load
from tests.story import tiny

GOLDEN = Path(__file__).parents[1] / "atlas" / "golden.atlas"


def run(*words):
    return CliRunner().invoke(app, ["export", *map(str, words)], prog_name="phosphene")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A scan of one of the networks that come along, over ten small pictures."""
    folder = tmp_path_factory.mktemp("scan")
    net = load("cifar")
    ph.scan(net, ph.images(str(tiny.folder(folder / "pictures"))), folder / "a.atlas", layers=["relu1"], top=3).close()
    return folder / "a.atlas"


@pytest.mark.slow
def test_it_says_what_to_open_and_how_large_it_is(tmp_path):
    result = run(GOLDEN, tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    first, second = result.stdout.splitlines()
    page = tmp_path / "out" / "index.html"
    assert first == f"Open {page}"
    assert page.is_file()
    there = [each for each in (tmp_path / "out").rglob("*") if each.is_file() and each.name != "export.json"]
    assert second.startswith(
        f"17 units, {len(there)} files, {sum(each.stat().st_size for each in there) / 1e6:.1f} MB: "
    )
    assert "note: synthetic is not loaded, so nothing new is computed" in result.stderr
    assert "synthetic: writing its units …" in result.stderr


@pytest.mark.slow
def test_for_machines(tmp_path):
    result = run(GOLDEN, tmp_path / "out", "--units", 2, "--no-figures", "--json")
    said = json.loads(result.stdout)
    assert said["kinds"]["figures"]["files"] == 0
    assert said["page"] == str(tmp_path / "out" / "index.html")
    assert said["units"] == 6
    assert said["total"]["files"] == sum(kind["files"] for kind in said["kinds"].values())
    assert said["total"]["bytes"] == sum(kind["bytes"] for kind in said["kinds"].values())
    assert said["without"].startswith("synthetic is not loaded")


@pytest.mark.slow
def test_a_network_that_comes_along_is_loaded_by_its_name(scanned, tmp_path):
    result = run(scanned, tmp_path / "out", "--units", 2)
    assert result.exit_code == 0, result.stderr
    assert "note:" not in result.stderr
    assert (tmp_path / "out" / "media" / "relu1" / "1-projections.webp").is_file()
    assert not (tmp_path / "out" / "media" / "relu1" / "2-projections.webp").exists()


@pytest.mark.slow
def test_a_network_with_other_weights_is_not(scanned, tmp_path, monkeypatch):
    def trained(name):
        model = bundled.architectures.BlogNet(10)
        return model.eval()

    monkeypatch.setattr(bundled, "load_bundled", trained)
    result = run(scanned, tmp_path / "out", "--units", 1, "--json")
    assert "the atlas is of cifar with other weights than the bundled ones" in json.loads(result.stdout)["without"]
    assert not (tmp_path / "out" / "media" / "relu1" / "0-projections.webp").exists()


def test_a_named_network_that_was_not_scanned_is_refused(scanned, tmp_path):
    result = run(scanned, tmp_path / "out", "--network", "cifar-deep")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_pages_and_tables_at_once(tmp_path):
    pytest.importorskip("pyarrow")
    found = json.loads(run(GOLDEN, tmp_path / "out", "--parquet", tmp_path / "tables", "--json").stdout)
    assert found["page"] == str(tmp_path / "out" / "index.html")
    assert {"file": str(tmp_path / "tables" / "images.parquet"), "rows": 37} in found["files"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([GOLDEN], 2, "say where to: phosphene export {golden} DIR, or --parquet DIR for the tables"),
        (["golden.atlas", "taken"], 1, "taken' holds files of something else; give another folder"),
        (["golden.atlas", "no/where"], 1, "there is no folder"),
        (["golden.atlas", "golden.atlas"], 1, "golden.atlas' is a file; give another folder"),
        (["goldn.atlas", "out"], 2, "there is no atlas 'goldn.atlas'; did you mean 'golden.atlas'?"),
        (
            ["golden.atlas", "out", "--unit", "3"],
            2,
            "has no option '--unit'; did you mean '--units'?",
        ),
        (["golden.atlas", "out", "--images", "nowhere"], 2, "there is no 'nowhere'"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(tmp_path, monkeypatch, words, code, said):
    shutil.copy(GOLDEN, tmp_path / "golden.atlas")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said.format(golden=GOLDEN) in result.stderr.splitlines()[-1]
    assert {each.name for each in tmp_path.iterdir()} == {"golden.atlas", "taken"}
    assert [each.name for each in (tmp_path / "taken").iterdir()] == ["mine.txt"]
