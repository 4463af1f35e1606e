"""Reads pages as a browser would: elements, addresses, data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LEADING = {"href", "src", "action", "poster", "data", "srcset", "formaction", "xlink:href"}


@dataclass
class Element:
    """An element, its attributes, its text, and what is in it."""

    name: str
    attributes: dict[str, str]
    inside: list[Element] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    def all(self, name: str, kind: str | None = None) -> list[Element]:
        found = (
            [self] if self.name == name and (kind is None or kind in self.attributes.get("class", "").split()) else []
        )
        return found + [each for child in self.inside for each in child.all(name, kind)]

    def one(self, id: str) -> Element:
        return next(each for each in self.everything() if each.attributes.get("id") == id)

    def everything(self) -> list[Element]:
        return [self, *(each for child in self.inside for each in child.everything())]

    @property
    def text(self) -> str:
        return " ".join(" ".join(part.split()) for part in self._texts()).strip()

    def _texts(self) -> list[str]:
        return [*self.own, *(text for child in self.inside for text in child._texts())]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = Element("document", {})
        self.open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].own.append(data)


def read(body: bytes) -> Element:
    """Return a page's elements; every one must be closed in its order."""
    reader = _Reader()
    reader.feed(body.decode())
    reader.close()
    assert reader.open == [reader.top], f"left open: {[each.name for each in reader.open]}"
    return reader.top


def data(page: Element) -> dict:
    """Return what a page holds for its script."""
    return json.loads(page.one("page").text)


def links(page: Element, path: str) -> set[str]:
    """Return the paths that a page at ``path`` leads to or shows, without queries; outside addresses as they are."""
    found = set()
    for each in page.everything():
        for name, value in each.attributes.items():
            if name in LEADING and value and not value.startswith(("#", "data:")):
                parts = urlsplit(value)
                outside = parts.scheme or parts.netloc or value.startswith("/")
                inner = normpath(join(dirname(path), unquote(parts.path))) if parts.path else path
                found.add(value if outside else inner)
    return found
