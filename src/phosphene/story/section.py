"""A part of the story: a heading, what is said, what is shown."""

from __future__ import annotations

from dataclasses import dataclass

from phosphene.story.plate import Plate


@dataclass(frozen=True)
class Section:
    """One section of the page. In texts, `backquotes` enclose what is set as code.

    Attributes:
        id: its anchor.
        heading: one line.
        paragraphs: plain text.
        plates: figures, in order.
        picture: index of the picture of the set that stands beside the text; None for none.
    """

    id: str
    heading: str
    paragraphs: tuple[str, ...]
    plates: tuple[Plate, ...] = ()
    picture: int | None = None
