"""What stands beside a picture of a webdataset about its class: ``0012.cls``, ``0012.json`` or ``0012.txt``."""

from __future__ import annotations

import json

from phosphene.sources.layout import printable

SUFFIXES = (".cls", ".json", ".txt")
"""The first that says a class is believed."""
LARGEST = 65_536
"""Bytes; larger files are not looked into."""
LONGEST = 100
"""Letters of a class's name; a longer text says something else."""

_KEYS = ("label", "cls", "class", "class_name", "category")


def key_of(name: str) -> tuple[str, str]:
    """Return what the files of one sample have in common, and the suffix: a name up to its file's first dot."""
    begin = name.find(".", name.rfind("/") + 2)
    return (name, "") if begin < 0 else (name[:begin], name[begin:].lower())


def class_in(suffix: str, content: bytes) -> str | None:
    """Return the class that a file beside a picture names, if it does."""
    said = content.decode("utf-8", "replace")
    if suffix == ".json":
        return _named(_loaded(said))
    return _plain(said)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named(value: object) -> str | None:
    if isinstance(value, dict):
        value = next((value[key] for key in _KEYS if key in value), None)
    return _plain(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _plain(text: str) -> str | None:
    text = text.strip()
    return printable(text) if text and len(text) <= LONGEST and "\n" not in text else None
