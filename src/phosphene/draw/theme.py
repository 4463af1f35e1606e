"""The two looks, light and dark, shared by sheets and plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from phosphene.errors import PhospheneError, did_you_mean


@dataclass(frozen=True)
class Theme:
    """Colours as ``#rrggbb``; ``ink`` and ``faint`` both read well on ``background`` (4.5:1 or more)."""

    name: str
    background: str
    ink: str
    faint: str
    rule: str
    hatch: str
    hatch_ground: str
    series: tuple[str, ...]

    def colour(self, role: Literal["ink", "faint"]) -> str:
        """Return the colour of text that plays this role."""
        return self.ink if role == "ink" else self.faint


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1a1a1a",
    faint="#666666",
    rule="#d0d0d0",
    hatch="#dedede",
    hatch_ground="#f5f5f5",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"),
)
DARK = Theme(
    name="dark",
    background="#161616",
    ink="#ececec",
    faint="#a0a0a0",
    rule="#3c3c3c",
    hatch="#323232",
    hatch_ground="#202020",
    series=("#56b4e9", "#f5955b", "#35c9a0", "#e0a3c6", "#f0e442", "#7fb2ff"),
)


def named(theme: str | Theme) -> Theme:
    """Return the theme called ``theme`` ("light" or "dark"); a Theme is handed back as it is.

    Raises:
        PhospheneError: no theme has that name.
    """
    if isinstance(theme, Theme):
        return theme
    known = {each.name: each for each in (LIGHT, DARK)}
    if theme not in known:
        raise PhospheneError(f"there is no theme {theme!r}; choose light or dark{did_you_mean(theme, known)}")
    return known[theme]
