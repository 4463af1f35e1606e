"""``phosphene occlusion``, as it is typed."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.cli import app


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def frog(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    Image.fromarray(pixels).save(tmp_path / "frog.png")
    return tmp_path / "frog.png"


@pytest.mark.slow
def test_the_findings_and_the_figure(frog, tmp_path):
    done = typed("occlusion", "cifar", frog, "--stride", 6, "-o", tmp_path / "a.png")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A grey square of 8x8 pixels lowers the probability of 'frog' from ")
    assert "not given" not in done.stdout
    assert lines[-1] == str(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert figure.width > 1000


@pytest.mark.slow
def test_json_holds_every_place(frog):
    words = (
        "--label",
        "cat",
        "--unit",
        "relu2:3",
        "--side",
        12,
        "--stride",
        10,
        "--fill",
        "blurred",
        "--coarse",
        "--json",
    )
    done = typed("occlusion", "cifar", frog, *words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["true_class"] == {"index": 3, "name": "cat", "is_given": True}
    assert (told["unit"], told["side"], told["fill"]) == ("relu2:3", 12, "blurred")
    assert np.array(told["probability"]).shape == (3, 3)
    assert len(told["findings"]) == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--label", "frogg"], "cifar has no class 'frogg'; did you mean 'frog'?"),
        (["--side", "40"], "a square of 40 pixels hides nothing or all; give a side from 1 to 31"),
        (["--unit", "relu3"], "cifar has no layer 'relu3'; did you mean"),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write"),
    ],
)
def test_mistakes_are_one_sentence(frog, words, sentence):
    done = typed("occlusion", "cifar", frog, *words)
    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
