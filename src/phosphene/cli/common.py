"""What every command shares: its options, its answer on stdout, its progress on stderr."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer


class DeviceName(StrEnum):
    """The devices that ``--device`` takes; ``phosphene.device.pick_device`` turns one into a device."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on stdout, and nothing else there.")]
Device = Annotated[DeviceName, typer.Option("--device", help="Where to compute; auto takes a GPU if there is one.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Start of every random choice; the same seed repeats.")]


def answer(text: str, data: Any, as_json: bool) -> None:
    """Print the command's result on stdout: ``text`` for people, or ``data`` as JSON for machines."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False) if as_json else text)


def say(line: str) -> None:
    """Print one line of progress or advice on stderr."""
    typer.echo(line, err=True)
