"""``phosphene filters``, as it is typed."""

import json

import pytest
from typer.testing import CliRunner

from phosphene.cli import app


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.mark.slow
def test_the_findings_and_both_figures(tmp_path):
    done = typed("filters", "cifar", "-o", tmp_path / "a.svg", "--plot", tmp_path / "b.png", "--theme", "dark")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("0 of 32 filters of conv1 are dead on 17 pictures.\n")
    assert "Stride 2 of the max-pooling pool1 aliases" in done.stdout
    assert (tmp_path / "a.svg").read_text().count("<image ") == 32
    assert (tmp_path / "b.png").stat().st_size > 5000


@pytest.mark.slow
def test_json_holds_every_figure(tmp_path):
    done = typed("filters", "cifar", "--layer", "conv2", "--limit", 3, "-o", tmp_path / "a.png", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["file"], told["plot"]) == (str(tmp_path / "a.png"), None)
    assert told["pictures"] == 3
    [layer] = told["layers"]
    assert (layer["layer"], layer["filters"], len(layer["rms"])) == ("conv2", 64, 64)
    assert "dead conv2" in [finding["question"] for finding in told["findings"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--layer", "conv3"], "cifar has no layer 'conv3'; did you mean"),
        (["--images", "nothing.png"], "there is no 'nothing.png'"),
        (["-o", "a.gif"], "the name 'a.gif' does not say what to write"),
        (["--radius", "-1"], "a radius of -1 leaves no filter"),
    ],
)
def test_mistakes_are_one_sentence(words, sentence):
    done = typed("filters", "cifar", *words)
    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
