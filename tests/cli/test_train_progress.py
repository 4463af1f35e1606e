"""The progress of a training, drawn on a terminal that is a string."""

import io

import pytest
from rich.console import Console

from phosphene.cli import train_progress
from phosphene.training import Begun, Download, EpochDone, Progress
from phosphene.training.checkpoint import Epoch

BEGUN = Begun(1200, 300, ("cat", "dog"), ("a.jpg", "b[red].jpg"), "cpu", False, 3, 1, 30, 10)
STORY = [
    Download(5, 10),
    Download(10, 10),
    BEGUN,
    Progress(2, 3, 11, 30, 1.25),
    EpochDone(Epoch(2, 1.2, 0.75, 4.0), 3, 64.0),
]


@pytest.fixture
def drawn(monkeypatch):
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True, color_system=None)
    monkeypatch.setattr(train_progress, "Console", lambda **settings: console)
    with train_progress.Display() as display:
        for event in STORY:
            display.hear(event)
    return text.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "fetching CIFAR-10",
        "1,200 pictures to learn from, 300 to test on, 2 classes; on cpu in float32 (no fast bfloat16 here)",
        "2 pictures cannot be read and are left out: a.jpg, b[red].jpg",
        "going on after epoch 1 of 3",
        "epoch 2/3: loss 1.200, test accuracy 75.00%, 4 s; about 1 min 4 s left",
        "loss 1.250  test 75.00%",
    ],
)
def test_what_the_user_reads(drawn, words):
    assert words in drawn


def test_the_download_bar_goes_when_the_training_begins(drawn):
    assert "fetching" not in drawn.split("epoch 2/3: loss")[1]
