"""``phosphene probe``, as it is typed."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.cli import app

pytest.importorskip("sklearn")
EACH = 6


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in ("probe", *arguments)])


@pytest.fixture
def pictures(tmp_path):
    """Two classes that their brightness tells, and one more picture of the first."""
    draw = np.random.default_rng(0)
    for label, lightest, count in (("dark", 100, EACH + 1), ("light", 256, EACH)):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(count):
            pixels = draw.integers(lightest - 100, lightest, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")
    return tmp_path / "pictures"


@pytest.mark.slow
def test_json_holds_every_layer_and_chance(pictures):
    done = typed("cifar", pictures, "--layer", "relu1", "--layer", "relu2", "--folds", 2, "--grid", 1, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["pictures"], told["classes"], told["folds"]) == (2 * EACH + 1, ["dark", "light"], 2)
    assert told["chance"] == pytest.approx((EACH + 1) / (2 * EACH + 1))
    # pixels: three colours in 4 x 4 parts; of a layer the means of its maps
    assert [(each["layer"], each["features"]) for each in told["layers"]] == [
        ("pixels", 48),
        ("relu1", 32),
        ("relu2", 64),
    ]
    assert {each["accuracy"] for each in told["layers"]} == {1.0}
    assert [each["untrained"] is None for each in told["layers"]] == [True, False, False]
    assert [each["question"] for each in told["findings"]] == ["best layer", "relu1 accuracy", "relu2 accuracy"]


@pytest.mark.slow
def test_the_findings_and_the_figure(pictures, tmp_path):
    words = ("--layer", "relu2", "--folds", 2, "--classifier", "svm", "--no-untrained", "-o", tmp_path / "a.png")
    done = typed("cifar", pictures, *words)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("relu2 tells 2 classes best: 100.0 % of 13 pictures are named rightly")
    assert "untrained" not in done.stdout
    assert lines[-1] == str(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert figure.width > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--layer", "relu3"], "cifar has no layer 'relu3'; did you mean", 2),
        (["--folds", "7"], "a class has 6 pictures, fewer than 7 folds; give more or fewer folds", 1),
        (["--classifier", "tree"], "'tree' is not one of", 2),
        (["--limit", "3"], "invalid value for '--limit'", 2),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write", 2),
    ],
)
def test_mistakes_are_one_sentence(pictures, words, sentence, code):
    done = typed("cifar", pictures, *words)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == code


def test_pictures_of_one_class_leave_nothing_to_tell(pictures):
    done = typed("cifar", pictures / "dark")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "give a folder with a sub-folder for each" in done.stderr
