"""Room for large results: pages of memory that nobody has touched yet, and files for what memory may not hold."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import torch
from torch import Tensor

from phosphene.errors import PhospheneError
from phosphene.files import reason

LARGE = 32 * 2**20  # bytes
_OWN = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}  # Windows shares none


def zeros(like: Tensor, *shape: int) -> Tensor:
    """Return zeros of ``shape`` in the format of ``like``; of many, memory is only needed where one is written over."""
    if like.device.type != "cpu" or _bytes(like, shape) < LARGE:
        return like.new_zeros(shape)
    return torch.frombuffer(mmap.mmap(-1, _bytes(like, shape), **_OWN), dtype=like.dtype).view(shape)


def gathered(parts: Iterator[Tensor], count: int, memory: int) -> Tensor:
    """Put ``parts`` behind each other, ``count`` rows in all, without ever holding all of them twice.

    What takes more than ``memory`` bytes of main memory is kept in a temporary file, which goes away with the tensor.

    Raises:
        PhospheneError: the disk has no room for that file.
    """
    first = next(parts)
    if first.shape[0] == count:
        return first
    total, let_go = _room(first, (count, *first.shape[1:]), memory)
    start = 0
    for part in chain([first], parts):
        total[start : start + len(part)] = part
        start += len(part)
        let_go()
    return total


def _room(like: Tensor, shape: tuple[int, ...], memory: int) -> tuple[Tensor, Callable[[], None]]:
    """Return a tensor of ``shape`` that holds anything, and what is to be called when a part of it was written."""
    if like.device.type == "cpu" and _bytes(like, shape) > memory:
        return _in_file(like, shape)
    return like.new_empty(shape), _nothing


def _in_file(like: Tensor, shape: tuple[int, ...]) -> tuple[Tensor, Callable[[], None]]:
    """Return a tensor that lives in a file without a name; letting go gives the pages in memory back."""
    size = _bytes(like, shape)
    try:
        with tempfile.TemporaryFile(prefix="phosphene-") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk would otherwise kill the process later
            else:
                file.truncate(size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise PhospheneError(
            f"{size / 1e9:.1f} GB of projections are more than the memory allowed, and no file in "
            f"{tempfile.gettempdir()} can hold them ({reason(error)}); allow more memory, name fewer units, "
            "or set TMPDIR"
        ) from error
    let_go = partial(mapped.madvise, mmap.MADV_DONTNEED) if hasattr(mmap, "MADV_DONTNEED") else _nothing
    return torch.frombuffer(mapped, dtype=like.dtype).view(shape), let_go


def _nothing() -> None:
    pass


def _bytes(like: Tensor, shape: tuple[int, ...]) -> int:
    return math.prod(shape) * like.element_size()
