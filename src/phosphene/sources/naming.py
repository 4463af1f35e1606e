"""The names of weights in a file and the names in a model: one renaming that brings them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from torch import Tensor

from phosphene.errors import PhospheneError

# What wrappers put before the names; preferred where a file holds the weights under several prefixes.
_WRAPPERS = frozenset(("module", "model", "net", "network"))


def aligned(given: dict[str, Tensor], needed: list[str], path: Path) -> dict[str, Tensor]:
    """Return the tensors under the model's names, as far as one renaming of all of them brings that about.

    A wrapper's prefix (``module.``, ``model._orig_mod.``) is taken off, or one put on.

    Raises:
        PhospheneError: the file holds all of ``needed`` under several prefixes.
    """
    given = {name.replace("_orig_mod.", ""): tensor for name, tensor in given.items()}  # torch.compile's
    ways = [given, *_without_prefix(given, needed, path), _with_prefix(given, needed), _undotted(given, needed)]
    return max(ways, key=lambda renamed: _matches(renamed, needed))


def _matches(given: Mapping[str, Tensor], needed: list[str]) -> int:
    return sum(name in given for name in needed)


def _prefixes(longer: Iterable[str], shorter: Iterable[str]) -> list[str]:
    """Return the prefixes under which ``longer`` holds most names of ``shorter``, all those that hold as many."""
    targets = set(shorter)
    counts = Counter(prefix for name in longer for prefix, rest in _cuts(name) if rest in targets)
    return [prefix for prefix, count in counts.items() if count == max(counts.values())]


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(name):
        if letter == ".":
            yield name[: place + 1], name[place + 1 :]


def _without_prefix(given: Mapping[str, Tensor], needed: list[str], path: Path) -> list[dict[str, Tensor]]:
    prefixes = _prefixes(given, needed)
    usual = [prefix for prefix in prefixes if set(prefix.rstrip(".").split(".")) <= _WRAPPERS]
    chosen = usual or prefixes
    ways = [{n.removeprefix(p): t for n, t in given.items() if n.startswith(p)} for p in chosen]
    if len([way for way in ways if _matches(way, needed) == len(needed)]) > 1 and not _matches(given, needed):
        found = " and ".join(repr(prefix) for prefix in chosen[:4])
        raise PhospheneError(f"{str(path)!r} holds the weights under {found}; save the set that you mean alone")
    return ways


def _with_prefix(given: Mapping[str, Tensor], needed: list[str]) -> dict[str, Tensor]:
    prefixes = _prefixes(needed, given)
    return {prefixes[0] + name: tensor for name, tensor in given.items()} if len(prefixes) == 1 else {}


def _undotted(given: Mapping[str, Tensor], needed: list[str]) -> dict[str, Tensor]:
    """Bring names together that differ only in dots, as ``norm.1`` and ``norm1`` of torchvision's first DenseNets."""
    names = {name.replace(".", ""): name for name in needed}
    return {names.get(name.replace(".", ""), name): tensor for name, tensor in given.items()}


def advice(missing: Mapping[str, Tensor], unexpected: Mapping[str, Tensor]) -> str:
    """Say what to do about names that are missing in a file and others that are there, by their shapes."""
    first = dict(islice(missing.items(), 40))  # enough to tell
    pairs = list(_likely(first, unexpected))
    if 2 * len(pairs) <= len(first):
        return "check that both are of the same network"
    return f"probably {pairs[0][1]} is called {pairs[0][0]} there: rename it and its like, and save the file again"


def _likely(missing: Mapping[str, Tensor], unexpected: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    """Pair the names that are missing with unexpected ones of the same shape, the nearest name first."""
    left = dict(unexpected)
    for name, tensor in missing.items():
        same = [other for other in left if left[other].shape == tensor.shape]
        if near := get_close_matches(name, same, 1, 0.0):
            yield near[0], name
            del left[near[0]]
