"""Reads an encoded picture from a file or an archive, but no more of it than can be a picture."""

from __future__ import annotations

from typing import IO

from phosphene.sources.decode import BrokenPicture
from phosphene.sources.formats import HEAD, opener

MAX_BYTES = 400_000_000
"""50 million pixels of four 16-bit values without compression: the largest picture that is accepted."""


def read_encoded(stream: IO[bytes], size: int) -> bytes:
    """Return a picture's file of `size` bytes, or just its head if that is no picture's (decoding says why).

    Raises BrokenPicture when it is larger than `MAX_BYTES`.
    """
    if size > MAX_BYTES:
        raise BrokenPicture(f"the file has {size // 1_000_000} MB, more than {MAX_BYTES // 1_000_000}")
    head = stream.read(min(HEAD, size))
    return head if isinstance(opener(head), str) else head + stream.read(size - len(head))
