"""Weights are read without running what a file holds, and every refusal says why and what to do."""

import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from phosphene.errors import PhospheneError
from phosphene.sources.weights import read_tensors

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, -1.0])}


def refusal(path):
    with pytest.raises(PhospheneError) as failure:
        read_tensors(path)
    said = str(failure.value)
    assert said.startswith(f"{str(path)!r} ")
    assert "\n" not in said
    return said.removeprefix(f"{str(path)!r} ")


def same(found):
    return found.keys() == TENSORS.keys() and all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


@pytest.mark.parametrize("name", ["x.safetensors", "x.pt", "weights"])
def test_safetensors_whatever_they_are_called(tmp_path, name):
    save_file(TENSORS, tmp_path / name)
    assert same(read_tensors(tmp_path / name))


@pytest.mark.parametrize("form", [True, False], ids=["zip", "before PyTorch 1.6"])
def test_what_torch_save_writes(tmp_path, form):
    torch.save(TENSORS, tmp_path / "x.pth", _use_new_zipfile_serialization=form)
    assert same(read_tensors(tmp_path / "x.pth"))


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": TENSORS, "epoch": 3},
        {"model": TENSORS, "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}},
        {"model": {"state_dict": TENSORS}, "args": {"lr": 0.1}},
        {"anything": TENSORS, "epoch": 3},
        {**TENSORS, "epoch": 3},
    ],
)
def test_weights_inside_of_a_checkpoint(tmp_path, content):
    torch.save(content, tmp_path / "x.pt")
    assert same(read_tensors(tmp_path / "x.pt"))


def test_several_sets_of_weights(tmp_path):
    torch.save({"student": TENSORS, "teacher": TENSORS}, tmp_path / "x.pt")
    said = refusal(tmp_path / "x.pt")
    assert said == "holds several sets of weights (student, teacher); save the one you mean alone"


class Trap:
    """A pickle that writes a file when it is opened carelessly."""

    def __init__(self, sprung):
        self.sprung = sprung

    def __reduce__(self):
        return (open, (str(self.sprung), "w"))


@pytest.mark.parametrize("form", ["zip", "old", "plain pickle"])
def test_a_pickle_that_wants_to_run_code(tmp_path, form):
    sprung, path = tmp_path / "sprung", tmp_path / "x.pt"
    content = {"a": TENSORS["a.bias"], "trap": Trap(sprung)}
    if form == "plain pickle":
        path.write_bytes(pickle.dumps({"trap": Trap(sprung)}))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    said = refusal(path)
    assert not sprung.exists()
    assert "so it is not opened" in said
    assert said.endswith("save the weights alone: torch.save(model.state_dict(), FILE), and give that")


def test_the_trap_works(tmp_path):
    """The oracle of the test above: opened carelessly, it does spring."""
    torch.save({"trap": Trap(tmp_path / "sprung")}, tmp_path / "x.pt")
    torch.load(tmp_path / "x.pt", weights_only=False)
    assert (tmp_path / "sprung").exists()


def test_a_whole_model(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "x.pt")
    assert "would run code (torch.nn.modules.linear.Linear)" in refusal(tmp_path / "x.pt")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_torchscript(tmp_path):
    torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)).save(tmp_path / "x.pt")
    assert refusal(tmp_path / "x.pt").startswith("is a TorchScript archive, a program whose operations cannot be")


def test_an_exported_program(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.pt2", "w") as archive:
        archive.writestr("x/archive_format", "pt2")
    assert refusal(tmp_path / "x.pt2").startswith("is an exported program (.pt2), a program whose")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_program_that_pytorch_exported(tmp_path):
    torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),)), tmp_path / "x.pt2")
    assert "an exported program (.pt2)" in refusal(tmp_path / "x.pt2")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no file of PyTorch weights"),
        (b"<html>not found</html>", "is no file of PyTorch weights"),
        (b"PK\x03\x04 and nothing more", "is damaged"),
        (b"\x80\x02 and nothing more", "is damaged, or a pickle that holds more than weights, so it is not opened"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{ and nothing more", "is damaged"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", "is damaged"),
    ],
)
def test_what_is_no_file_of_weights(tmp_path, content, reason):
    (tmp_path / "x.pt").write_bytes(content)
    assert refusal(tmp_path / "x.pt").startswith(reason)


def test_half_a_file(tmp_path):
    torch.save(TENSORS, tmp_path / "x.pt")
    (tmp_path / "x.pt").write_bytes((tmp_path / "x.pt").read_bytes()[:-200])
    assert "damaged" in refusal(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("content", "kind"), [([torch.ones(1)], "a list"), (torch.ones(1), "a Tensor"), (None, "nothing")]
)
def test_weights_without_names(tmp_path, content, kind):
    torch.save(content, tmp_path / "x.pt")
    assert refusal(tmp_path / "x.pt").startswith(f"holds {kind} and not weights by name; save the weights alone")


def test_a_checkpoint_without_weights(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "x.pt")
    assert refusal(tmp_path / "x.pt").startswith("holds no weights; ")


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(PhospheneError, match=r"cannot read the weights .*: that is a folder"):
        read_tensors(tmp_path)
