"""The device that a name stands for, with and without accelerators (pretended)."""

import pytest
import torch

from phosphene.device import available, pick_device
from phosphene.errors import UsageError


@pytest.fixture
def machine(monkeypatch):
    def pretend(cuda=False, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2 * cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("there", "kinds"),
    [({}, ("cpu",)), ({"cuda": True}, ("cuda", "cpu")), ({"mps": True}, ("mps", "cpu"))],
)
def test_auto_takes_the_accelerator_where_there_is_one(machine, there, kinds):
    machine(**there)
    assert available() == kinds
    assert pick_device() == torch.device(kinds[0])
    assert pick_device("cpu") == torch.device("cpu")


def test_an_index_is_taken(machine):
    machine(cuda=True)
    assert pick_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cuda", "PyTorch sees no cuda device here; use 'auto' or one of: cpu"),
        ("mps", "PyTorch sees no mps device here; use 'auto' or one of: cpu"),
        ("cudo", "there is no device 'cudo'; did you mean 'cuda'?"),
        ("tpu-v5", "there is no device 'tpu-v5'; use one of: auto, cpu, cuda, mps"),
        ("", "there is no device ''; use one of: auto, cpu, cuda, mps"),
    ],
)
def test_what_is_not_here_is_refused(machine, name, sentence):
    machine()
    with pytest.raises(UsageError) as failure:
        pick_device(name)
    assert str(failure.value) == sentence


@pytest.mark.parametrize("name", ["cuda:2", "cuda:x"])
def test_an_index_that_is_not_here_is_refused(machine, name):
    machine(cuda=True)
    with pytest.raises(UsageError, match=f"there is no device '{name}' here; use 'cuda' for the first one"):
        pick_device(name)
