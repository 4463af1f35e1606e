"""`phosphene show`: which sheet comes out of which request, and every mistake as one sentence."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.cli import show as module
from phosphene.cli.failures import SentenceGroup
from tests.story import tiny

NETWORK = """
import torch
from torch import nn
from phosphene import Network

def tiny():
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 6, 3, padding=1)
    model = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU())
    return Network(model, input_size=(3, 16, 16), name="tiny")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(NETWORK)
    tiny.folder(tmp_path / "pictures")
    monkeypatch.chdir(tmp_path)

    def call(*words, network="net.py:tiny"):
        return CliRunner().invoke(_app(), ["show", network, *words], prog_name="phosphene")

    return call


def _app():
    import typer

    app = typer.Typer(cls=SentenceGroup, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback()(lambda: None)
    app.command()(module.show)
    return app


ONE = "pictures/cat/00.png"


def test_all_units_of_a_layer_on_one_image(run, tmp_path):
    result = run(ONE, "--layer", "4", "-o", "a.png", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["units"] == [f"4:{unit}" for unit in range(6)]
    assert said["images"] == ["00.png"]
    assert [len(row) for row in said["activation"]] == [1] * 6
    assert said["file"] == "a.png"
    with Image.open("a.png") as figure:
        assert figure.width > 300


def test_one_unit_on_many_images(run):
    result = run("pictures", "--layer", "1", "--unit", "2", "-o", "a.svg", "--theme", "dark", "--json")
    said = json.loads(result.stdout)
    assert said["units"] == ["1:2"]
    assert len(said["images"]) == 10 == len(said["activation"][0])
    text = Path("a.svg").read_text()
    assert text.count("<image ") == 10 + sum(value > 0 for value in said["activation"][0]) > 10
    assert text.count("not active here") == sum(value <= 0 for value in said["activation"][0])
    assert "tiny · 1:2 · deconvnet" in text


def test_several_units_on_several_images_make_a_grid(run):
    result = run(ONE, "pictures/dog/01.png", "--layer", "1", "-u", "3", "-u", "0", "-o", "a.svg", "--json")
    said = json.loads(result.stdout)
    assert said["units"] == ["1:3", "1:0"]
    assert Path("a.svg").read_text().count("<image ") == 6


@pytest.mark.slow
def test_a_whole_address_will_do(run):
    assert json.loads(run(ONE, "--layer", "1:3", "-o", "a.pdf", "--json").stdout)["units"] == ["1:3"]
    assert Path("a.pdf").read_bytes().startswith(b"%PDF-")


def test_the_options_reach_the_engine(run):
    words = (ONE, "--layer", "4", "-u", "1", "--rule", "guided", "--unpool", "fill", "--position", "2,3", "-o", "a.svg")
    assert run(*words, "--scale", "shared", "--columns", "1", "--dpi", "72").exit_code == 0
    assert "4:1 · guided · fill · position 2, 3" in Path("a.svg").read_text()


def test_without_json_the_answer_is_the_file(run):
    assert run(ONE, "--layer", "1", "-o", "a.png").stdout == "a.png\n"


def test_broken_images_are_passed_over_and_reported(run, tmp_path):
    (tmp_path / "pictures" / "cat" / "bad.png").write_bytes(b"bad")
    result = run("pictures", "--layer", "1:0", "-o", "a.png", "--json")
    assert result.exit_code == 0
    assert [each["id"] for each in json.loads(result.stdout)["passed_over"]] == ["cat/bad.png"]
    assert "passed over cat/bad.png: " in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([ONE, "--layer", "44", "-o", "a.png"], 2, "tiny has no layer '44'; did you mean '4'?"),
        ([ONE, "--layer", "1", "-u", "4", "-o", "a.png"], 2, "1 has units 0 to 3, so there is no unit 4"),
        ([ONE, "--layer", "1:2", "-u", "1", "-o", "a.png"], 2, "'1:2' names a unit already; leave out --unit"),
        ([ONE, "--layer", "1", "--position", "paek", "-o", "a.png"], 2, "no position 'paek'; did you mean 'peak'?"),
        ([ONE, "--layer", "1", "--position", "16,0", "-o", "a.png"], 2, "outside the map of 16 rows and 16 columns"),
        ([ONE, "--layer", "1", "--rule", "x", "-o", "a.png"], 2, "'x' is not one of 'deconvnet', 'guided', 'gradient'"),
        ([ONE, "--layer", "1", "-o", "a.gif"], 2, "the name 'a.gif' does not say what to write; end it in .png"),
        ([ONE, "--layer", "1", "-o", "no/a.png"], 1, "there is no folder 'no'; make it first: mkdir -p no"),
        (["pictures/cat/0.png", "--layer", "1", "-o", "a.png"], 2, "there is no 'pictures/cat/0.png'; did you mean"),
        (
            ["pictures"] * 2 + ["--layer", "1", "-o", "a.png"],
            2,
            "4 units on 20 images do not fit on one sheet; name one",
        ),
        ([ONE, "-o", "a.png"], 2, "missing option '--layer'"),
        ([ONE, "--layer", "1", "-o", "a.png", "--memory", "lots"], 2, "'lots' is no amount of memory; give a number"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(run, tmp_path, words, code, said):
    before = sorted(each.name for each in tmp_path.iterdir())
    result = run(*words)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.exit_code == code
    assert [name for name in sorted(each.name for each in tmp_path.iterdir()) if name != "__pycache__"] == before


def test_nothing_that_can_be_read(run, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"bad")
    result = run("bad.png", "--layer", "1", "-o", "a.png")
    assert result.exit_code == 1
    assert "bad.png can be read: " in result.stderr


def test_a_full_disk(run, tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    result = run(ONE, "--layer", "1", "-o", "a.png")
    assert result.exit_code == 1
    assert result.stderr == "phosphene: cannot write 'a.png': the disk is full; make room or choose another folder\n"
    assert not (tmp_path / "a.png").exists()


def test_operations_without_a_rule_are_named_in_one_note(run, tmp_path):
    gate = NETWORK.replace("nn.MaxPool2d(2)", "nn.Sequential(nn.MaxPool2d(2), Gate())")
    (tmp_path / "gate.py").write_text(
        gate + "\nclass Gate(nn.Module):\n    def forward(self, x): return x * x.sigmoid()\n"
    )
    result = run(ONE, "--layer", "4", "-o", "a.png", network="gate.py:tiny")
    assert result.exit_code == 0
    [note] = result.stderr.splitlines()
    assert note.startswith("note: ")
    assert "gradient with the other factors held fixed" in note
