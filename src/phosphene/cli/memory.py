"""How commands are told how much memory they may take."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from phosphene.errors import UsageError

Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory for computing, such as 2GB or 500MB; half of what is free, at most 2GB, if left out.",
    ),
]

_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


def memory_bytes(typed: str | None) -> int | None:
    """Read ``2GB``, ``1.5 GiB`` or ``500mb`` as bytes; raises `UsageError` where it is no such amount."""
    if typed is None:
        return None
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([kmgt]i?b)", typed.strip().lower(), re.ASCII)
    amount = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if not amount:
        raise UsageError(f"{typed!r} is no amount of memory; give a number and its unit, such as 2GB or 500MB")
    return amount
