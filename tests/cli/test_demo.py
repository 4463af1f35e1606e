"""`phosphene demo` on tiny networks: what it says where, and what it leaves behind."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from phosphene import bundled
from phosphene.cli import app
from phosphene.sources import networks
from phosphene.story import telling
from tests.story import tiny


@pytest.fixture
def run(tmp_path, monkeypatch):
    """One chapter: the others are asked in tests/story."""
    tiny.folder(tmp_path / "pictures")
    monkeypatch.setattr(networks, "load", lambda name, device: tiny.network(name, seed=len(name)))
    monkeypatch.setattr(telling, "CHAPTERS", telling.CHAPTERS[:1])
    monkeypatch.chdir(tmp_path)

    def call(*words):
        return CliRunner().invoke(app, ["demo", "--data", "pictures", *words], prog_name="phosphene")

    return call


@pytest.mark.slow
def test_its_figures_for_machines_and_its_progress_on_stderr(run, tmp_path):
    result = run("--json", "--seed", "3")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["page"] == str(tmp_path / "demo" / "index.html")
    assert (tmp_path / "demo" / "index.html").is_file()
    assert said["images"]["used"] == 10
    assert said["seed"] == 3
    assert 0 <= said["layers"][0]["mean_correlation"] <= 1
    assert "showing 10 pictures to cifar …" in result.stderr
    page = (tmp_path / "demo" / "index.html").read_text(encoding="utf-8")
    for name in ("cifar", "cifar-deep"):  # as the models' cards say, not rounded up to the next whole one
        card = (Path(bundled.__file__).parent / "weights" / f"{name}.md").read_text(encoding="utf-8")
        accuracy = re.search(r"Test accuracy: \*\*(\d+\.\d)\d%", card)[1]
        assert f"{accuracy} %</dd>" in page.split(f"test accuracy of {name}<")[1][:40]


def test_it_tells_the_story_of_both_networks_and_says_what_to_open(run, monkeypatch):
    asked = []

    def tell(net, deep, images, out, progress, seed):
        asked.append((net.name, deep.name, len(images), out, seed))
        return telling.Told(out / "index.html", {})

    monkeypatch.setattr(telling, "tell", tell)
    for words, out in (((), "demo"), (("--out", "there"), "there")):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (0, f"Open {Path(out) / 'index.html'}\n")
    assert asked == [("cifar", "cifar-deep", 10, Path(out), 0) for out in ("demo", "there")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--out", "pictures"], 1, "holds files of something else; choose another folder with --out"),
        (["--out", "no/where"], 1, "there is no folder"),
        (["--data", "pictuers"], 2, "there is no 'pictuers'; did you mean 'pictures'?"),
        (["--sede", "1"], 2, "'phosphene demo' has no option '--sede'; did you mean '--seed'?"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(run, tmp_path, words, code, said):
    result = run(*words)
    assert result.exit_code == code
    assert said in result.stderr.splitlines()[-1]
    assert result.stdout == ""
    assert [each.name for each in tmp_path.iterdir()] == ["pictures"]
