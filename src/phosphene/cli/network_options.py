"""How commands are told which network to take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.errors import UsageError

if TYPE_CHECKING:
    from phosphene.atlas.reading import Atlas

NetworkName = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        help="cifar, cifar-deep, torchvision/NAME, timm/NAME, hf/REPO, FILE.py:FUNCTION (the file is executed), "
        "or a .safetensors file of 'phosphene train'.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option("--weights", help="A .safetensors or .pt file, DEFAULT to download the published ones, or random."),
]
InputSize = Annotated[
    str | None,
    typer.Option("--input-size", metavar="CxHxW", help="Channels, height and width, if not the network's own."),
]


def input_size(typed: str | None) -> tuple[int, int, int] | None:
    """Read ``3x64x64``; raises `UsageError` where it is no such size."""
    if typed is None:
        return None
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})x(\d{1,5})", typed.strip().lower())
    if match is None or "0" in match.groups():
        raise UsageError(f"{typed!r} is no input size; give channels, height and width, such as 3x224x224")
    channels, height, width = map(int, match.groups())
    return channels, height, width


def input_size_of(atlas: Atlas) -> tuple[int, int, int]:
    """Return the input size of the network that was scanned."""
    channels, height, width = atlas.manifest.input_size
    return channels, height, width
