"""``phosphene correspondence``, as it is typed."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from phosphene import load
from phosphene.cli import app

PARTS = {
    "a.png": {"eye": [4, 6, 12, 14], "nose": [14, 18, 20, 26]},
    "b.png": {"eye": [5, 5, 13, 13], "nose": [12, 20, 19, 28]},
    "c.png": {"eye": [3, 8, 12, 16]},
}


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in ("correspondence", *arguments)])


@pytest.fixture
def pictures(tmp_path):
    draw = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for name in PARTS:
        Image.fromarray(draw.integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / "pictures" / name)
    return tmp_path / "pictures"


@pytest.fixture
def parts(tmp_path):
    (tmp_path / "parts.json").write_text(json.dumps(PARTS))
    return tmp_path / "parts.json"


def distances_by_hand(folder, part):
    """Return the share of the means of relu2's maps that change in another direction, for every two pictures."""
    net, changes = load("cifar"), []
    for name, boxes in PARTS.items():
        if part in boxes:
            seen = np.asarray(Image.open(folder / name))
            x0, y0, x1, y1 = boxes[part]
            other = seen.copy()
            other[y0:y1, x0:x1] = 128
            both = net.prepare([Image.fromarray(seen), Image.fromarray(other)])
            with torch.no_grad():
                means = net.model.relu2(net.model.conv2(net.model.pool1(net.model.relu1(net.model.conv1(both)))))
            before, after = means.mean((2, 3))
            changes.append(torch.where((before - after).abs() > 1e-5 * before.max(), before - after, 0).sign())
    return [[float((one != other).double().mean()) for other in changes] for one in changes]


@pytest.mark.slow
def test_json_holds_the_distances_of_every_two_pictures(pictures, parts):
    done = typed("cifar", pictures, "--parts", parts, "--layer", "relu2", "--pooled", "--draws", 3, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["network"], told["features"]) == ("cifar", "means of maps")
    eye, nose = told["agreements"]
    assert [(each["part"], each["layer"]) for each in (eye, nose)] == [("eye", "relu2"), ("nose", "relu2")]
    assert (eye["pictures"], nose["pictures"]) == (["a.png", "b.png", "c.png"], ["a.png", "b.png"])
    for each in (eye, nose):
        expected = np.array(distances_by_hand(pictures, each["part"]))
        np.testing.assert_allclose(each["distance"]["between"], expected, atol=1 / 64 + 1e-9)  # a sign near zero
        pairs = expected[~np.eye(len(expected), dtype=bool)]
        assert each["distance"]["mean"] == pytest.approx(pairs.mean(), abs=1 / 64)
        assert len(each["distance"]["random"]["draws"]) == 3
    assert [each["question"] for each in told["findings"]] == ["eye in relu2", "nose in relu2"]


@pytest.mark.slow
def test_the_findings_and_the_figure(pictures, parts, tmp_path):
    words = ("--part", "nose", "--layer", "relu1", "--draws", 2, "-o", tmp_path / "a.png")
    done = typed("cifar", pictures, "--parts", parts, *words)
    assert done.exit_code == 0, done.output
    finding, file = done.stdout.splitlines()
    assert finding.startswith("relu1: with 'nose' hidden in 2 pictures, ")
    assert "Caution: measured on 2 pictures only" in finding
    assert file == str(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert figure.width > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--layer", "relu3"], "cifar has no layer 'relu3'; did you mean", 2),
        (["--part", "nse"], "has no part 'nse'; did you mean 'nose'?", 2),
        (["--parts", "none.json"], "cannot read the parts 'none.json'", 1),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write", 2),
    ],
)
def test_mistakes_are_one_sentence(pictures, parts, words, sentence, code):
    done = typed("cifar", pictures, "--parts", parts, *words)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("nothing", "is no JSON; write"),
        ('{"a.png": {"eye": [9, 9, 4, 4]}}', "is empty; give [x0, y0, x1, y1] with x0 < x1 and y0 < y1"),
        ('{"a.png": {"eye": [0, 0, 40, 4]}, "b.png": {"eye": [0, 0, 4, 4]}}', "reaches out of the picture"),
        (
            '{"a.png": {"eye": [0, 0, 4, 4]}}',
            "1 of 3 pictures of pictures have the part 'eye'; give boxes for",
        ),
    ],
)
def test_parts_that_are_no_parts(pictures, parts, content, sentence):
    parts.write_text(content)
    done = typed("cifar", pictures, "--parts", parts)
    assert sentence in done.stderr
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
