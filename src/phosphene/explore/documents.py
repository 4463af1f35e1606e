"""Every page and picture of the explorer, found by its path. Paths are looked up; none ever names a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from phosphene.atlas.unit import AtlasUnit
from phosphene.errors import PhospheneError
from phosphene.explore import media, paths, search
from phosphene.explore.data import unit_csv, unit_data
from phosphene.explore.pages import Pages
from phosphene.explore.shelf import Shelf
from phosphene.explore.site import Site
from phosphene.explore.sizes import size_rules
from phosphene.explore.sprites import KIND
from phosphene.project.patches import Patches
from phosphene.sheets.top import looked_at, unit_sheet

HTML = "text/html; charset=utf-8"
_ASSETS = {
    "explorer.css": "text/css; charset=utf-8",
    "explorer.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "parts.js": "text/javascript; charset=utf-8",
}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")


@dataclass(frozen=True)
class Document:
    """What is at a path: its bytes, and their kind as a content type."""

    body: bytes
    kind: str


class Documents:
    """The pages of a site.

    Args:
        site: what they show.
        live: whether a server answers them; otherwise they are files that stand alone.
    """

    def __init__(self, site: Site, live: bool = True) -> None:
        self.site = site
        self._live = live
        self._shelf = Shelf(site.atlas, site.units)
        self._pages = Pages(site, self._shelf, live)
        self._looked = lru_cache(4)(self._look)
        self._layers = {slug: layer for layer, slug in self._pages.slugs.items()}
        self._places: dict[str, Callable[[list[str]], Document | None]] = {
            "assets": self._asset,
            "layers": self._layer,
            "media": self._media,
            paths.IMAGES: self._image,
            "over": self._over,
        }

    def get(self, path: str) -> Document | None:
        """Return what is at a path such as ``layers/relu1/7.html``; None if nothing is."""
        top = {
            paths.HOME: lambda: _page(self._pages.network()),
            paths.SEARCH: lambda: _page(self._pages.search()),
            paths.INDEX: lambda: Document(self._index(), _ASSETS["explorer.js"]),
            paths.PARTS: lambda: _page(self._pages.parts()),
            paths.YOURS: lambda: _page(self._pages.yours()),
        }
        if path in top:
            return top[path]()
        first, *rest = path.split("/")
        return self._places[first](rest) if first in self._places else None

    def missing(self, sentence: str) -> Document:
        """Return the page that says why there is nothing."""
        return _page(self._pages.missing(sentence))

    def paths(self) -> Iterator[str]:
        """Yield the path of everything that stands in a folder of files."""
        yield from (paths.HOME, paths.SEARCH, paths.PARTS, paths.INDEX)
        yield from (f"assets/{name}" for name in _ASSETS if name != "live.js")
        images: set[int] = set()
        for layer, slug in self._pages.slugs.items():
            yield from (paths.layer_page(slug), paths.matrix_page(slug), paths.matrix_picture(slug), paths.strip(slug))
            for unit in (self.site.atlas.unit(layer, index) for index in range(self._shelf.figures(layer).shown)):
                yield from self._of_unit(slug, unit)
                images.update(example.image for example in media.examples_of(unit))
        for image in sorted(images):
            yield from (paths.image_page(image), paths.thumbnail(image))

    def _of_unit(self, slug: str, unit: AtlasUnit) -> Iterator[str]:
        kinds = ("html", "json", "csv", "svg") if self.site.drawn else ("html", "json", "csv")
        yield from (paths.unit_page(slug, unit.index, kind) for kind in kinds)
        yield paths.over_page(slug, unit.index)
        if unit.dreams:
            yield paths.dreams(slug, unit.index)
        if media.examples_of(unit):
            yield paths.patches(slug, unit.index)
            if self.site.net is not None:
                yield paths.projections(slug, unit.index)

    # -- by the first part of the path -----------------------------------------------------------------------------

    def _asset(self, rest: list[str]) -> Document | None:
        if len(rest) != 1 or rest[0] not in _ASSETS:
            return None
        body = files("phosphene.explore").joinpath("assets", rest[0]).read_bytes()
        return Document(body + size_rules().encode() if rest[0] == "explorer.css" else body, _ASSETS[rest[0]])

    def _layer(self, rest: list[str]) -> Document | None:
        if len(rest) != 2 or rest[0] not in self._layers:
            return None
        layer, name = self._layers[rest[0]], rest[1]
        if name == "index.html":
            return _page(self._pages.layer(layer))
        if name == "matrix.html":
            return _page(self._pages.matrix(layer))
        stem, _, kind = name.partition(".")
        unit = self._unit(layer, stem)
        if unit is None:
            return None
        made: dict[str, Callable[[], Document]] = {
            "html": lambda: _page(self._pages.unit(unit)),
            "json": lambda: Document(_json(unit_data(self._shelf, unit)), "application/json"),
            "png": lambda: Document(self._figure(unit, "png"), "image/png"),
            "svg": lambda: Document(self._figure(unit, "svg"), "image/svg+xml"),
            "csv": lambda: Document(unit_csv(self._shelf, unit).encode(), "text/csv; charset=utf-8"),
        }
        return made[kind]() if kind in made else None

    def _figure(self, unit: AtlasUnit, kind: str) -> bytes:
        """Draw what may be put into a paper: the patches, and in files the projections too."""
        return unit_sheet(self.site.atlas, unit, self._looked(unit.layer.name, unit.index)).encoded(f".{kind}")

    def _look(self, layer: str, index: int) -> Patches | None:
        """Send a unit's examples back to pixels. A server computes only for its own pages: `phosphene.explore.live`."""
        net = None if self._live else self.site.net
        return None if net is None else looked_at(net, self.site.pictures, self.site.atlas.unit(layer, index))

    def _media(self, rest: list[str]) -> Document | None:
        if len(rest) != 2:
            return None
        place, name = rest
        if place == paths.IMAGES:
            return self._thumbnail(name)
        return self._of_layer(self._layers[place], name) if place in self._layers else None

    def _of_layer(self, layer: str, name: str) -> Document | None:
        atlas = self.site.atlas
        if name == "strip.webp":
            figures = self._shelf.figures(layer)
            return Document(media.strip_sprite(atlas, layer, media.drawn(figures)), KIND)
        if name == "matrix.png":
            return Document(media.matrix_png(self._shelf.figures(layer).among), "image/png")
        if not name.endswith(".webp"):
            return None
        stem, _, what = name.removesuffix(".webp").partition("-")
        unit = self._unit(layer, stem)
        if unit is None:
            return None
        if what == "dream":
            return Document(media.dreams_sprite(unit), KIND) if unit.dreams else None
        if not media.examples_of(unit):
            return None
        if not what:
            return Document(media.patches_sprite(atlas, unit), KIND)
        found = self._looked(unit.layer.name, unit.index) if what == "projections" else None
        return None if found is None else Document(media.projections_sprite(unit, found), KIND)

    def _thumbnail(self, name: str) -> Document | None:
        number = self._number(name, ".webp", self.site.atlas.progress.done)
        body = None if number is None else media.thumbnail_webp(self.site.atlas, number)
        return None if body is None else Document(body, KIND)

    def _image(self, rest: list[str]) -> Document | None:
        number = self._number(rest[0], ".html", self.site.atlas.progress.done) if len(rest) == 1 else None
        return None if number is None else self._existing(lambda: self._pages.image(number))

    def _over(self, rest: list[str]) -> Document | None:
        if len(rest) != 2 or rest[0] not in self._layers:
            return None
        stem = rest[1].removesuffix(".html")
        unit = self._unit(self._layers[rest[0]], stem) if stem != rest[1] else None
        return None if unit is None else _page(self._pages.over(unit))

    # -- parts of paths ----------------------------------------------------------------------------------------------

    def _unit(self, layer: str, stem: str) -> AtlasUnit | None:
        if not _NUMBER.fullmatch(stem) or int(stem) >= self._shelf.figures(layer).shown:
            return None
        return self.site.atlas.unit(layer, int(stem))

    @staticmethod
    def _number(name: str, ending: str, below: int) -> int | None:
        stem = name.removesuffix(ending)
        return int(stem) if stem != name and _NUMBER.fullmatch(stem) and int(stem) < below else None

    @staticmethod
    def _existing(page: Callable[[], str]) -> Document | None:
        try:
            return _page(page())
        except PhospheneError:
            return None

    def _index(self) -> bytes:
        layers: Iterable[str] = self._pages.slugs
        index = search.index(self.site.atlas.manifest.classes, self._pages.slugs, map(self._shelf.figures, layers))
        return b"window.phosphene_index = " + _json(index) + b";\n"


def _page(text: str) -> Document:
    return Document(text.encode(), HTML)


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
