"""``phosphene evolution``, as it is typed."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from phosphene import bundled, load
from phosphene.cli import app

UNITS = ("relu2:8", "relu2:3")


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in ("evolution", *arguments)])


@pytest.fixture
def pictures(tmp_path):
    draw = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for name in "abcd":
        Image.fromarray(draw.integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / "pictures" / f"{name}.png")
    return tmp_path / "pictures"


def by_hand(folder, units):
    """Return each unit's strongest picture and its value at every checkpoint, (2, M, U), by plain convolutions."""
    net = load("cifar")
    inputs = net.prepare([Image.open(folder / f"{name}.png") for name in "abcd"])
    found = []
    for point in bundled.checkpoints():
        weights = point.tensors
        x = torch.conv2d(inputs, weights["conv1.weight"], weights["conv1.bias"], padding=2).relu()
        x = torch.max_pool2d(x, 2)
        x = torch.conv2d(x, weights["conv2.weight"], weights["conv2.bias"], padding=2).relu()
        found.append(torch.stack([each.float() for each in reversed(x[:, units].amax((2, 3)).max(0))]))
    return torch.stack(found, 1)


@pytest.mark.slow
def test_json_says_which_picture_was_strongest_at_every_checkpoint(pictures):
    done = typed("--images", pictures, *(word for unit in UNITS for word in ("--unit", unit)), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    strongest, value = by_hand(pictures, [8, 3])
    assert told["moments"] == [f"epoch {point.epoch}" for point in bundled.checkpoints()]
    assert (told["pictures"], [each["unit"] for each in told["units"]]) == (4, list(UNITS))
    for n, each in enumerate(told["units"]):
        assert each["strongest"] == [f"{'abcd'[int(number)]}.png" for number in strongest[:, n]]
        assert each["value"] == pytest.approx(value[:, n].tolist(), rel=1e-3)
        assert each["jump"] == [False, *(strongest[1:, n] != strongest[:-1, n]).tolist()]
    assert told["findings"][0]["question"] == "relu2 settles"


@pytest.mark.slow
def test_the_findings_and_the_figure(pictures, tmp_path):
    done = typed("--images", pictures, "--unit", UNITS[0], "--limit", 2, "-o", tmp_path / "a.png", "--dpi", 80)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("relu2: the strongest picture changes ")
    assert lines[-1] == str(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert figure.width > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--unit", "relu3:1"], "cifar has no layer 'relu3'; did you mean", 2),
        (["--unit", "relu2:64"], "units 0 to 63", 2),
        (["cifar-deep"], "at least two moments of a training", 2),
        (["--images", "nowhere"], "there is no 'nowhere'", 2),
        (["--weights", "none.safetensors", "cifar"], "there is no file of weights 'none.safetensors'", 2),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write", 2),
    ],
)
def test_mistakes_are_one_sentence(pictures, words, sentence, code):
    done = typed("--images", pictures, *words)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == code
