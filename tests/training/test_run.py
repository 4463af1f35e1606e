"""`train` from pictures to files, on a dozen pictures."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from phosphene.bundled.weights_file import read_weights
from phosphene.errors import PhospheneError, UsageError
from phosphene.training import Begun, EpochDone, Progress, train
from phosphene.training.run import count
from tests.training.pictures import folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return str(folder(tmp_path_factory.mktemp("pictures"), per_class=4))


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    """A training of three epochs that nothing interrupted, and what it told."""
    out = tmp_path_factory.mktemp("finished") / "net.safetensors"
    events = []
    return train("blog", pictures, 3, out, tell=events.append), out, events


def weights(path):
    return read_weights(path)[0].state_dict()


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(weights(one).values(), weights(other).values(), strict=True))


def test_it_tells_what_it_does(finished):
    _, _, events = finished
    assert [type(e) for e in events] == [Begun, *([Progress, EpochDone] * 3)]
    assert (events[0].train_images, events[0].test_images, events[0].done) == (12, 12, 0)
    assert [e.epoch.number for e in events if isinstance(e, EpochDone)] == [1, 2, 3]
    assert events[-1].remaining == 0 < events[2].remaining


def test_it_leaves_weights_card_and_two_pictures_and_nothing_else(finished):
    report, out, _ = finished
    names = {"net.safetensors", "net.md", "net-curves.png", "net-confusion.png"}
    assert {path.name for path in out.parent.iterdir()} == names
    told = (report.weights, report.card, report.curves, report.confusion_picture)
    assert {Path(path).name for path in told} == names
    for picture in (report.curves, report.confusion_picture):
        assert min(Image.open(picture).size) > 100


def test_the_accuracy_is_that_of_the_weights_in_the_file(finished, pictures):
    report, out, _ = finished
    from phosphene.training.data import load_data

    model, about = read_weights(out)
    data = load_data(pictures)
    with torch.no_grad():
        own, mirrored = (model(data.normalise(pixels)) for pixels in (data.test.pixels, data.test.pixels.flip(3)))
    right, both = (scores.argmax(1) == data.test.labels for scores in (own, own + mirrored))
    assert report.mirrored_accuracy == pytest.approx(both.double().mean().item())
    assert about.accuracy == report.accuracy == pytest.approx(right.double().mean().item())
    assert about.classes == data.classes
    assert (about.mean, about.std) == (data.mean, data.std)


def test_the_card_names_data_recipe_accuracy_and_seed_and_escapes_names(finished):
    report, out, _ = finished
    card = out.with_suffix(".md").read_text()
    for words in (
        "12 pictures of",
        "3 epochs in batches of 256",
        f"{report.accuracy:.2%}",
        f"{report.mirrored_accuracy:.2%} by the mean",
        "seed 0",
        torch.__version__,
    ):
        assert words in card
    assert "green&#124;er" in card
    assert "green|er" not in card


@pytest.mark.slow
def test_interrupted_and_resumed_it_ends_the_same(finished, pictures, tmp_path):
    out = tmp_path / "net.safetensors"

    def stop(event):
        if isinstance(event, Progress) and event.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"2 of 3 epochs are kept in .*--resume"):
        train("blog", pictures, 3, out, tell=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["net.checkpoint.pt"]
    events = []
    report = train("blog", pictures, 3, out, resume=True, tell=events.append)
    assert events[0].done == 2
    assert [e.number for e in report.history] == [1, 2, 3]
    assert same(out, finished[1])


KILLED = """
import os, signal, sys
from phosphene.training import Progress, train
def kill(event):
    if isinstance(event, Progress) and event.epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
train("blog", sys.argv[1], 3, sys.argv[2], tell=kill)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")
def test_killed_and_resumed_it_ends_the_same(finished, pictures, tmp_path):
    out = tmp_path / "net.safetensors"
    killed = subprocess.run([sys.executable, "-c", KILLED, pictures, str(out)], timeout=200, check=False)
    assert killed.returncode == -signal.SIGKILL
    train("blog", pictures, 3, out, resume=True)
    assert same(out, finished[1])


def test_stopped_before_the_first_epoch_nothing_is_kept(pictures, tmp_path):
    def stop(event):
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="before the first epoch"):
        train("blog", pictures, 3, tmp_path / "net.safetensors", tell=stop)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_training_is_not_overwritten_unasked(pictures, tmp_path):
    (tmp_path / "net.checkpoint.pt").write_bytes(b"precious")
    with pytest.raises(UsageError, match="add --resume"):
        train("blog", pictures, 3, tmp_path / "net.safetensors")


@pytest.mark.slow
def test_resume_with_other_options_is_refused(pictures, tmp_path):
    def stop(event):
        if isinstance(event, EpochDone):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("blog", pictures, 3, tmp_path / "net.safetensors", tell=stop)
    with pytest.raises(PhospheneError, match="other seed"):
        train("blog", pictures, 3, tmp_path / "net.safetensors", seed=1, resume=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": "dep"}, "did you mean 'deep'"),
        ({"epochs": 0}, "give 1 or more"),
        ({"out": "net.pt"}, "end in .safetensors"),
        ({"out": "nowhere/net.safetensors"}, "mkdir -p nowhere"),
        ({"resume": True}, "no checkpoint"),
        ({"device": "gpu"}, "no device 'gpu'"),
    ],
)
def test_mistakes_are_one_sentence(pictures, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhospheneError, match=words):
        train(**{"network": "blog", "data": pictures, **options})
    assert not list(tmp_path.iterdir())


def test_the_confusion_matrix_counts_truth_by_row():
    truth, named = torch.tensor([0, 0, 1, 2, 2]), torch.tensor([0, 1, 1, 0, 2])
    assert count(truth, named, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
