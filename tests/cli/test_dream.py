"""`phosphene dream`: figures, progress, and every mistake as one sentence."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.atlas.reading import open_atlas
from phosphene.cli import app

NETWORK = """
import torch
from torch import nn
from phosphene import Network

def tiny():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU())
    return Network(model, input_size=(3, 16, 16), name="tiny")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)

    def call(*words):
        words = ["dream", "net.py:tiny", *words, "--steps", "3"]
        return CliRunner().invoke(app, words, prog_name="phosphene")

    return call


@pytest.mark.slow
def test_a_unit(run):
    result = run("3:2", "-o", "a.png")
    assert result.exit_code == 0, result.stderr
    first, *sentences = result.stdout.splitlines()
    assert first == "a.png"
    assert sentences[0].startswith("Between seeds: correlation of pixels ")
    assert "dreaming" in result.stderr
    with Image.open("a.png") as figure:
        assert figure.width > 300


@pytest.mark.slow
def test_figures_for_machines(run):
    result = run("3:2", "-o", "a.svg", "--json", "--seeds", "2", "--count", "3", "--seed", "7", "--method", "maco")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["network"], said["raised"], said["file"]) == ("tiny", "3:2", "a.svg")
    assert [len(row) for row in said["activation"]] == [3, 3]
    assert said["options"]["seeds"] == [7, 8]
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert [(event["done"], event["total"]) for event in events] == [(1, 3), (2, 3), (3, 3)]
    assert "tiny · 3:2" in Path("a.svg").read_text()


@pytest.mark.slow
def test_the_options_reach_it(run, tmp_path):
    Image.new("RGB", (20, 20), (200, 10, 10)).save("red.png")
    (tmp_path / "toward.json").write_text("[1, 0, -1, 0, 0, 2.5]")
    assert "3:0 + 3:1 at 8,8" in said(run("3:0", "3:1", "-o", "a.svg", "--position", "centre"))
    assert "25% 1:0" in said(run("1:0", "3:1", "-o", "a.svg", "--mix", "0.75"))
    assert "a direction of 3 at 1,2" in said(run("3", "-o", "a.svg", "--direction", "toward.json", "--position", "1,2"))
    started = json.loads(run("3:0", "-o", "a.pdf", "--start", "red.png", "--json").stdout)
    assert started["options"]["start"] is True


@pytest.mark.slow
def test_beside_an_atlas(run, tmp_path):
    for name, colour in (("a", (200, 10, 10)), ("b", (10, 200, 10))):
        Image.new("RGB", (16, 16), colour).save(f"{name}.png")
    scanned = CliRunner().invoke(app, ["scan", "net.py:tiny", ".", "-o", "x.atlas", "--layer", "3"])
    assert scanned.exit_code == 0, scanned.stderr
    answer = json.loads(run("3:0", "-o", "d.png", "--atlas", "x.atlas", "--json").stdout)
    assert answer["beside"]["images"] == 2
    assert len(answer["beside"]["ratio"]) == 3
    assert answer["kept_in"] is None
    kept = run("3:0", "-o", "d.png", "--atlas", "x.atlas", "--store", "--seeds", "2")
    assert kept.stdout.splitlines()[-1] == "Kept in x.atlas."
    with open_atlas("x.atlas") as atlas:
        assert [dream.seed for dream in atlas["3:0"].dreams] == [0, 1]


def said(result):
    assert result.exit_code == 0, result.stderr
    return Path("a.svg").read_text()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["3:9", "-o", "a.png"], 2, "3 has units 0 to 5, so there is no unit 9"),
        (["3", "-o", "a.png"], 2, "3 is a whole layer; name a unit of it, such as '3:0', or give a direction"),
        (["3:1", "-o", "a.png", "--position", "peak"], 2, "there is no position 'peak'"),
        (["3:1", "-o", "a.png", "--method", "x"], 2, "'x' is not one of 'fourier', 'maco'"),
        (["3", "-o", "a.png", "--direction", "no.json"], 2, "there is no direction in 'no.json'; give a JSON file"),
        (["3:1", "-o", "a.gif"], 2, "end it in .png, .svg or .pdf"),
        (["3:1", "-o", "a.png", "--start", "no.png"], 2, "there is no 'no.png'"),
        (["3:1", "-o", "a.png", "--atlas", "no.atlas"], None, "no.atlas"),
        (["3:1", "-o", "a.png", "--store"], 2, "--store keeps the pictures in an atlas; name it with --atlas FILE"),
        (["3:1"], 2, "missing option '--out'"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(run, tmp_path, words, code, told):
    result = run(*words)
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.exit_code in ((1, 2) if code is None else (code,))
    assert not (tmp_path / "a.png").exists()
