"""How much memory is free, and how a process keeps what it has."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from functools import lru_cache
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")


MOST = 2 * 10**9
"""Bytes of main memory that nobody has to ask for: with more, projections are no faster."""


def allowance(device: torch.device, asked: int | None) -> int:
    """Return the bytes computing may take: as ``asked``, or half of what is free, at most `MOST` of main memory."""
    if asked is not None:
        return asked
    half = free_memory(device) // 2
    return min(half, MOST) if device.type == "cpu" else half


def free_memory(device: torch.device) -> int:
    """Return the bytes that may still be allocated on ``device``, as far as the system tells; up to a second old."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return _free_in_main_memory(int(time.monotonic()))


@lru_cache(maxsize=1)
def _free_in_main_memory(second: int) -> int:
    """Asked once a second: reading the system's table takes longer than projecting a small layer."""
    if MEMINFO.exists():
        fields = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines() if ":" in line)
        return int(fields["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


# glibc's mallopt(3): blocks above a size are mapped anew for each use, the end of the heap is given back, and threads
# have heaps of their own, which would each keep what they once had.
_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> None:
    """Let this process use memory again that it has freed, instead of giving it back to the system each time.

    Large tensors are otherwise mapped anew, page by page, for each operation: a third of a training step's time. For
    commands, which own their process; a library has no right to decide this. Does nothing without glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    allocator = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocator is not None:
        for setting, value in ((_M_ARENA_MAX, 1), (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1)):
            allocator(setting, value)
