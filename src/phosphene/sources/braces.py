"""Names of many shards in one: ``shard-{000..009}.tar``, ``{train,test}.tar``, as shells write them."""

from __future__ import annotations

import re
from itertools import chain

from phosphene.errors import UsageError

MOST = 100_000
"""Names that one may stand for."""

_BRACES = re.compile(r"\{([^{}]*,[^{}]*|[0-9]{1,18}\.\.[0-9]{1,18})\}")


def expanded(text: str) -> list[str]:
    """Return the names that a text with braces stands for, in order; itself if it has none.

    Raises UsageError when there are more than `MOST`.
    """
    names = [text]
    while found := _BRACES.search(names[0]):
        if len(names) * _count(found[1]) > MOST:
            raise UsageError(f"{text!r} stands for more than {MOST:,} names; give fewer")
        names = list(chain.from_iterable(_first(name) for name in names))
    return names


def _count(inside: str) -> int:
    if "," in inside:
        return inside.count(",") + 1
    first, last = map(int, inside.split(".."))
    return abs(last - first) + 1


def _first(name: str) -> list[str]:
    """Return what a name becomes by its first braces."""
    found = _BRACES.search(name)
    assert found is not None  # all names have the same braces behind what was put in
    return [f"{name[: found.start()]}{word}{name[found.end() :]}" for word in _words(found[1])]


def _words(inside: str) -> list[str]:
    if "," in inside:
        return inside.split(",")
    first, last = inside.split("..")
    width = max(len(first), len(last)) if "0" in (first[0], last[0]) else 0  # as bash fills up with zeros
    step = 1 if int(last) >= int(first) else -1
    return [f"{number:0{width}d}" for number in range(int(first), int(last) + step, step)]
