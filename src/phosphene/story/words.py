"""Numbers as words. Every sentence of the page is made from figures by these and the chapters."""

from __future__ import annotations

from collections.abc import Sequence

from phosphene.story.numbers import Tuning

_SIDES = (("darkness", "lightness"), ("green", "red"), ("blue", "yellow"))


def percent(share: float) -> str:
    """Return a share as a whole percentage; one that is not zero never reads as zero."""
    return "under 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def signed(r: float) -> str:
    """Return a correlation with its sign, such as ``+0.31`` or ``−0.04``."""
    return f"{r:+.2f}".replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(count: int, one: str, many: str = "") -> str:
    """Return ``1 picture`` or ``2,000 pictures``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def side(axis: int, r: float) -> str:
    """Return the colour that a correlation with a CIELAB axis points to."""
    return _SIDES[axis][r > 0]


def verdict(share: float) -> str:
    """Return how far a share of variance goes as an explanation."""
    steps = ((0.6, "mostly"), (0.3, "to a good part"), (0.1, "to a small part"))
    return next((word for least, word in steps if share >= least), "hardly at all")


def colours(unit: Tuning) -> str:
    """Return a unit's three correlations with local colour as half a sentence."""
    light, red, yellow = (signed(r) for r in unit.r)
    return f"lightness {light}, green–red {red}, blue–yellow {yellow}"
