"""What every command shares: its options, its answer on stdout, its progress on stderr."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
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
Seed = Annotated[int, typer.Option("--seed", min=0, help="Start of every random choice; the same seed repeats it.")]


def answer(text: str, data: Any, as_json: bool) -> None:
    """Print the command's result on stdout: ``text`` for people, or ``data`` as JSON for machines.

    ``data`` may hold dataclasses; NaN and infinity, which JSON does not have, become ``null``.
    """
    typer.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False) if as_json else text)


def say(line: str) -> None:
    """Print one line of progress or advice on stderr."""
    typer.echo(line, err=True)


@contextmanager
def warnings_said(as_json: bool = False) -> Iterator[None]:
    """Say warnings as sentences, or events of JSON, without the line of code that raised them."""

    def note(message: Warning | str, *where: object, **more: object) -> None:
        say(json.dumps({"event": "note", "text": str(message)}) if as_json else f"note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", ResourceWarning)  # a library's file left open is no news for users
        warnings.showwarning = note
        yield


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)
