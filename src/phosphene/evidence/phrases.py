"""Figures as words, the same in every answer."""

from __future__ import annotations

from collections.abc import Sequence

_SIDES = {"lightness": ("darkness", "brightness"), "red-green": ("green", "red"), "blue-yellow": ("blue", "yellow")}


def percent(share: float) -> str:
    """Return a share as a whole percentage; one that is not zero never reads as zero."""
    return "under 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def counted(count: int, one: str, many: str = "") -> str:
    """Return ``1 picture`` or ``2,000 pictures``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def cause(feature: str, r: float) -> str:
    """Return what a unit goes with, by the sign of its correlation with a visible feature: ``darkness``, ``green``.

    The words are those of the view ``driven_by`` of an atlas.
    """
    if feature in _SIDES:
        return _SIDES[feature][r > 0]
    return feature if r > 0 else f"little {feature}"
