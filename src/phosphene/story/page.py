"""The story as a page: one HTML file that shows the figures beside it and needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from phosphene.story.explorer import Explorer
from phosphene.story.plate import LOOKS, NARROW, WIDE, Drawn
from phosphene.story.section import Section

_EQUALS = "\u2060\u00a0=\u00a0"  # a figure stays on the line of its name


@dataclass(frozen=True)
class Fact:
    """A figure in the page's head."""

    value: str
    what: str


@dataclass(frozen=True)
class Head:
    """What stands above the first section.

    Attributes:
        title: the page's name.
        lead: the first paragraph.
        facts: figures.
        foot: lines below the last section.
        explorers: of both networks.
    """

    title: str
    lead: str
    facts: tuple[Fact, ...]
    foot: tuple[str, ...]
    explorers: tuple[Explorer, ...]


def rendered(head: Head, sections: Sequence[tuple[Section, Sequence[Drawn]]], picture: str) -> str:
    """Return the page. ``picture`` is the file of the one picture that sections may show beside their text."""
    environment = Environment(
        loader=PackageLoader("phosphene.story", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = prose
    names = {"wide": WIDE.name, "narrow": NARROW.name, "light": LOOKS[0], "dark": LOOKS[1]}
    return environment.get_template("page.html.j2").render(head=head, sections=sections, picture=picture, **names)


def prose(text: str) -> Markup:
    """Return plain text as HTML: escaped, with what stands in `backquotes` as code."""
    parts = re.split(r"`([^`]*)`", text.replace(" = ", _EQUALS))
    marked = [Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)]
    return Markup("").join(marked)
