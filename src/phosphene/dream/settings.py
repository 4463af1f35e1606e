"""How a dream is made if nothing else is asked for, and checks of what is."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.dream.transforms import Movement
from phosphene.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Way:
    """What a method does best with: the size of the first steps, and how pictures are moved."""

    rate: float
    movement: Movement


WAYS = {"fourier": Way(0.05, Movement()), "maco": Way(0.3, Movement())}
METHODS = tuple(WAYS)


def way_of(method: str) -> Way:
    """Return the settings of a method; raises `UsageError` if there is none of that name."""
    if method not in WAYS:
        hint = did_you_mean(str(method), METHODS) or f"; choose one of {', '.join(METHODS)}"
        raise UsageError(f"there is no method {method!r}{hint}")
    return WAYS[method]


def at_least(name: str, value: float, least: float) -> None:
    """Raise `UsageError` if a number is too small, or is none."""
    if not value >= least:
        raise UsageError(f"{name} is at least {least:g}, not {value:g}")
