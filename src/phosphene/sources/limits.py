"""How large a picture's file may be, before it is read or unpacked."""

from __future__ import annotations

from phosphene.sources.decode import BrokenPicture

MAX_BYTES = 400_000_000
"""50 million pixels of four 16-bit values, the largest picture that is accepted, without compression."""


def check_bytes(size: int) -> None:
    """Raise BrokenPicture for a file of more than `MAX_BYTES` bytes."""
    if size > MAX_BYTES:
        raise BrokenPicture(f"the file has {size / 1e6:.0f} MB, more than {MAX_BYTES // 1_000_000}")
