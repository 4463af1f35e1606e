"""How much memory is free."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")


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
