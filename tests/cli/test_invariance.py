"""``phosphene invariance``, as it is typed."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.cli import app


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def pictures(tmp_path):
    draw = np.random.default_rng(0)
    for label in ("cat", "frog"):
        pixels = draw.integers(0, 256, (8, 8, 3), np.uint8).repeat(5, 0).repeat(5, 1)
        Image.fromarray(pixels).save(tmp_path / f"{label}.png")
    return [tmp_path / "cat.png", tmp_path / "frog.png"]


@pytest.mark.slow
def test_the_findings_and_the_figure(pictures, tmp_path):
    done = typed("invariance", "cifar", *pictures, "-c", "scale", "-c", "blur", "-o", tmp_path / "a.png")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A picture enlarged 1.1 times: relu1 moves by ")
    assert lines[-1] == str(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert figure.width > 1000


@pytest.mark.slow
def test_json_holds_every_picture(pictures):
    words = ("--change", "contrast", "--layer", "relu2", "--label", "dog", "--label", 6, "--json")
    done = typed("invariance", "cifar", *pictures, *words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [each["name"] for each in told["true_classes"]] == ["dog", "frog"]
    [change] = told["changes"]
    assert np.array(change["distance"]["relu2"]).shape == (2, len(change["degrees"]))
    assert change["mean_probability"]["interval"][0].keys() == {"low", "high"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--layer", "relu3"], "cifar has no layer 'relu3'; did you mean"),
        (["--label", "cat"], "there are 1 labels for 2 pictures; give one for each"),
        (["--change", "shear"], "'shear' is not one of"),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write"),
    ],
)
def test_mistakes_are_one_sentence(pictures, words, sentence):
    done = typed("invariance", "cifar", *pictures, *words)
    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
