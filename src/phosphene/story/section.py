"""A part of the story: a heading, what is said, what is shown."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.evidence.card import Card
from phosphene.story.plate import Plate


@dataclass(frozen=True)
class ShownCard:
    """A unit's card, and where its page in the explorer is; None if it has none."""

    card: Card
    page: str | None


@dataclass(frozen=True)
class Section:
    """One section of the page. In texts, `backquotes` enclose what is set as code.

    Attributes:
        id: its anchor.
        heading: one line.
        paragraphs: plain text.
        plates: figures, in order.
        picture: whether the one picture of whole layers stands beside the text.
        commands: to be typed, one a line.
        files: what stands beside the page, to be kept.
        cards: of units, below the figures.
    """

    id: str
    heading: str
    paragraphs: tuple[str, ...]
    plates: tuple[Plate, ...] = ()
    picture: bool = False
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    cards: tuple[ShownCard, ...] = ()
