"""`phosphene train`: the options reach `train`, and its answer reaches the user."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from phosphene.cli import app
from tests.training.pictures import folder


def run(*words):
    return CliRunner().invoke(app, ["train", *map(str, words)], prog_name="phosphene")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("pictures"), per_class=3)


@pytest.mark.slow
def test_for_machines(pictures, tmp_path):
    result = run("--data", pictures, "--epochs", 1, "--out", tmp_path / "net.safetensors", "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["test_images"] == sum(map(sum, report["confusion"])) == 9
    assert Path(report["weights"]).exists()
    assert [line["number"] for line in report["history"]] == [1]


@pytest.mark.slow
def test_for_people(pictures, tmp_path):
    result = run("--data", pictures, "--network", "deep", "--epochs", 1, "-o", tmp_path / "net.safetensors")
    assert result.exit_code == 0, result.stderr
    assert "of 9 test pictures named rightly" in result.stdout
    assert str(tmp_path / "net-curves.png") in result.stdout
    assert "9 pictures to learn from, 9 to test on, 3 classes; on cpu in" in result.stderr
    assert "epoch 1/1: loss" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--network", "dep"], 2, "'dep'"),
        (["--epochs", 0], 2, "epochs"),
        (["--out", "weights.pt"], 2, "let it end in .safetensors"),
        (["--data", "no-such-folder"], 2, "no-such-folder"),
        (["--resume"], 1, "leave --resume out"),
    ],
)
def test_mistakes_are_one_sentence_on_stderr(pictures, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    data = [] if "--data" in words else ["--data", pictures]
    result = run(*words, *data)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())
