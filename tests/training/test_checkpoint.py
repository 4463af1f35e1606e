from dataclasses import replace

import pytest
import torch

from phosphene.errors import PhospheneError
from phosphene.training import checkpoint
from phosphene.training.checkpoint import Epoch, Task, fingerprint
from tests.training.toys import colours

TASK = Task("blog", "recipe", 4, 0, "abc")
HISTORY = [Epoch(1, 2.0, 0.5, 1.5)]


def test_what_was_saved_comes_back(tmp_path):
    checkpoint.save(tmp_path / "c.pt", TASK, {"epoch": 1, "w": torch.ones(3)}, HISTORY)
    state, history = checkpoint.load(tmp_path / "c.pt", TASK)
    assert state["epoch"] == 1
    assert torch.equal(state["w"], torch.ones(3))
    assert history == HISTORY


def test_a_write_that_is_cut_off_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    checkpoint.save(path, TASK, {"epoch": 1}, HISTORY)

    def half(content, target):
        target.write_bytes(b"PK half a file")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, TASK, {"epoch": 2}, HISTORY)
    assert checkpoint.load(path, TASK)[0] == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"seed": 1}, "other seed"), ({"epochs": 5}, "other epochs"), ({"data": "x", "seed": 2}, "other seed and data")],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, change, words):
    checkpoint.save(tmp_path / "c.pt", TASK, {}, HISTORY)
    with pytest.raises(PhospheneError, match=words):
        checkpoint.load(tmp_path / "c.pt", replace(TASK, **change))


def test_a_missing_checkpoint_is_said(tmp_path):
    with pytest.raises(PhospheneError, match="leave --resume out"):
        checkpoint.load(tmp_path / "none.pt", TASK)


class Evil:
    """What a pickle can do that a checkpoint must not."""

    def __reduce__(self):
        return print, ("harm",)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", {"other": 1}, [1, 2], Evil()])
def test_anything_else_is_refused_and_never_run(tmp_path, content, capsys):
    path = tmp_path / "c.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(PhospheneError, match="is not a checkpoint"):
        checkpoint.load(path, TASK)
    assert "harm" not in capsys.readouterr().out


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(PhospheneError, match="cannot be opened"):
        checkpoint.load(tmp_path, TASK)


def test_the_fingerprint_follows_pixels_labels_and_classes():
    data = colours()
    prints = {fingerprint(data), fingerprint(replace(data, classes=("red", "green"))), fingerprint(colours(seed=1))}
    assert len(prints) == 3
    assert fingerprint(colours()) == fingerprint(data)
