"""Results larger than the memory that they may take: kept in a file, the same numbers, and little memory used."""

import errno
import os
import subprocess
import sys
import tempfile

import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.errors import PhospheneError
from phosphene.preprocessing import Preprocessing
from phosphene.project import room


def parts(dtype):
    torch.manual_seed(0)
    return [torch.randn(rows, 3, 5).to(dtype) for rows in (4, 4, 3)]


@pytest.mark.parametrize("memory", [0, 10**9])
@pytest.mark.parametrize("large", [0, 10**9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_parts_come_behind_each_other_wherever_they_are_kept(memory, large, dtype, monkeypatch):
    monkeypatch.setattr(room, "LARGE", large)
    got = room.gathered(iter(parts(dtype)), 11, memory)
    assert got.dtype == dtype
    assert torch.equal(got, torch.cat(parts(dtype)))
    got += 1  # a user may write into it


def test_a_single_part_is_the_result():
    part = torch.randn(4, 3)
    assert room.gathered(iter([part]), 4, 0) is part


@pytest.mark.parametrize("large", [0, 10**9])
def test_zeros_are_zeros(large, monkeypatch):
    monkeypatch.setattr(room, "LARGE", large)
    got = room.zeros(torch.ones(1, dtype=torch.float16), 7, 2)
    assert torch.equal(got, torch.zeros(7, 2, dtype=torch.float16))


def test_the_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = room.gathered(iter(parts(torch.float32)), 11, 0)
    assert len(kept) == 11
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence(monkeypatch):
    def full(file, start, size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(
        PhospheneError, match=r"^0.0 GB of .*, and no file in .* can hold them \(the disk is full; .* set TMPDIR$"
    ):
        room.gathered(iter(parts(torch.float32)), 11, 0)


@pytest.mark.parametrize("position", ["map", "peak"])
def test_a_projection_in_a_file_is_the_one_in_memory(position):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3), nn.ReLU())
    preprocess = Preprocessing((16, 16), mean=(0.5,) * 3, std=(0.2, 0.3, 0.4))
    net = ph.Network(model.eval(), preprocess=preprocess, input_size=(3, 16, 16))
    x = torch.randn(2, 3, 16, 16)
    small, large = (ph.project(net, x, "4", position=position, memory=memory) for memory in (20_000, 10**9))
    torch.testing.assert_close(small.signal, large.signal)
    torch.testing.assert_close(small.pixels, large.pixels)


MEASURED = """
import re, sys, torch, phosphene as ph
from pathlib import Path
from torch import nn
def told(what):
    return int(re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
torch.set_num_threads(1)
net = ph.Network(nn.Sequential(nn.Conv2d(3, 128, 3, stride=4), nn.ReLU()).eval(), input_size=(3, 512, 512))
x = torch.randn(1, 3, 512, 512)
net.layers()
Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
before = told("VmRSS")
p = ph.project(net, x, "1", memory=int(sys.argv[1]))
assert p.signal.shape == (128, 1, 3, 512, 512)
print(told("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux tells a peak since a moment")
def test_a_projection_in_a_file_takes_little_memory():
    result = 128 * 3 * 512 * 512 * 4 / 1024  # KiB
    taken = [
        int(subprocess.run([sys.executable, "-c", MEASURED, memory], check=True, capture_output=True, text=True).stdout)
        for memory in ("100_000_000", "4_000_000_000")
    ]
    assert taken[0] < result / 2
    assert taken[1] > taken[0] + result / 2
