"""The pages: what each shows, put into its template."""

from __future__ import annotations

import base64
from functools import cache

import numpy as np

from phosphene.atlas.records import Example, LayerInfo
from phosphene.atlas.unit import AtlasUnit
from phosphene.evidence.redundancy import LayerRedundancy
from phosphene.evidence.tuned import Tuning
from phosphene.evidence.tuning import tuning
from phosphene.explore import charts, paths
from phosphene.explore.curves import quick
from phosphene.explore.figures import LayerFigures, UnitFigures
from phosphene.explore.questions import grouped
from phosphene.explore.rendering import environment, script
from phosphene.explore.shelf import Shelf
from phosphene.explore.site import Site
from phosphene.explore.sizes import enlarged
from phosphene.explore.tiles import Tile, dream_tiles, layer_tiles, strip_tiles, unit_tile, unit_tiles
from phosphene.explore.words import summary
from phosphene.network import Unit

RELATIVES = 5
CLASSES = 10
MATRIX = 640
"""Pixels to a side of a correlation matrix, about."""
SHOWN_UNITS = 96
"""Units of which a picture's page says that it drives them."""


class Pages:
    """Renders each page of a site; ``live`` if a server answers them."""

    def __init__(self, site: Site, shelf: Shelf, live: bool) -> None:
        self.site = site
        self.slugs = paths.slugs(layer.name for layer in site.atlas.layers)
        self._shelf = shelf
        self._live = live
        self._environment = environment()
        self._tunings = cache(self._measured)

    # -- the pages -------------------------------------------------------------------------------------------------

    def network(self) -> str:
        """The whole network, layer by layer."""
        rows = [self._network_row(layer) for layer in self.site.atlas.layers]
        return self._render("network", paths.HOME, rows=rows, failures=self.site.atlas.failures[:20])

    def layer(self, layer: str) -> str:
        """All units of a layer."""
        figures = self._shelf.figures(layer)
        tiles = layer_tiles(self.site.atlas, figures, self.slugs[layer])
        page = {
            "measures": [{"name": m.name, "title": m.title} for m in figures.measures],
            "values": [[_short(m.of(each)) for m in figures.measures] for each in figures.units[: figures.shown]],
            "words": [_words(each, figures) for each in figures.units[: figures.shown]],
            "layer": layer,
        }
        return self._render(
            "layer", paths.layer_page(self.slugs[layer]), figures=figures, tiles_shown=tiles, data=script(page)
        )

    def matrix(self, layer: str) -> str:
        """The correlations of a layer's units."""
        figures = self._shelf.figures(layer)
        among = figures.among
        ordered = among.correlation[np.ix_(among.order, among.order)]
        bytes_ = np.round(np.nan_to_num(ordered) * 127).astype(np.int8).tobytes()
        page = {
            "layer": layer,
            "order": among.order.tolist(),
            "r": base64.b64encode(bytes_).decode(),
            "shown": figures.shown,
        }
        side, pairs = len(among.order) * max(1, MATRIX // max(1, len(among.order))), _pairs(among)
        where = paths.matrix_page(self.slugs[layer])
        return self._render(
            "matrix", where, layer=layer, figures=figures, among=among, side=side, pairs=pairs, data=script(page)
        )

    def unit(self, unit: AtlasUnit) -> str:
        """One unit."""
        layer, figures = unit.layer.name, self._shelf.figures(unit.layer.name)
        mine = figures.units[unit.index]
        peaks = self._shelf.peaks(layer)[:, unit.index]
        marks = [(f"{example.rank} %", example.value) for example in unit.typical]
        return self._render(
            "unit",
            paths.unit_page(self.slugs[layer], unit.index),
            unit=unit,
            figures=figures,
            mine=mine,
            summary=summary(mine, figures, self.site.atlas.progress.scanned),
            tiles_shown=self._tiles(unit),
            dream_tiles=dream_tiles(unit, self.slugs[layer]),
            histogram=charts.histogram(peaks, marks),
            classes=[row for row in mine.classes if row.auc == row.auc][:CLASSES],
            relatives=self._relatives(unit, figures),
            trust=grouped(mine.trust),
            tuning=self._tuning(unit),
            quick=self.site.net is not None and quick(self.site.net),
            atlas_name=self.site.atlas.path.name,
            data=script({"unit": str(unit)}),
        )

    def image(self, image: int) -> str:
        """A picture that was scanned, and the units that it drives most."""
        row = self.site.atlas.images[image]
        drives = sorted(self.site.atlas.shown_by(image), key=lambda e: (e.kind != "top", e.rank, e.layer, e.unit))
        kept = self.site.atlas.thumbnail(image)
        return self._render(
            "image",
            paths.image_page(image),
            row=row,
            drives=[(example, self._where(example)) for example in drives[:SHOWN_UNITS]],
            more=max(0, len(drives) - SHOWN_UNITS),
            size=None if kept is None else _image_size(kept.size),
            data=script({"image": str(image), "slugs": list(self.slugs.values())}),
        )

    def yours(self) -> str:
        """A picture of one's own."""
        return self._render("yours", paths.YOURS, data=script({"image": None, "slugs": list(self.slugs.values())}))

    def parts(self) -> str:
        """Where parts of pictures are drawn; it needs neither the scan nor a server."""
        return self._render("parts", paths.PARTS)

    def over(self, unit: AtlasUnit) -> str:
        """One unit over many pictures."""
        layer = unit.layer.name
        return self._render(
            "over",
            paths.over_page(self.slugs[layer], unit.index),
            unit=unit,
            figures=self._shelf.figures(layer),
            tiles_shown=self._tiles(unit),
            data=script({"unit": str(unit)}),
        )

    def search(self) -> str:
        """What was searched for."""
        return self._render("search", paths.SEARCH)

    def missing(self, sentence: str) -> str:
        """Why there is nothing here; for a server, which shows it at any path."""
        return self._render("missing", paths.HOME, "/", sentence=sentence)

    # -- their parts -----------------------------------------------------------------------------------------------

    def _render(self, template: str, path: str, root: str | None = None, **shown: object) -> str:
        manifest = self.site.atlas.manifest
        return self._environment.get_template(f"{template}.html.j2").render(
            root=paths.root(path) if root is None else root,
            path=path,
            live=self._live,
            net=self.site.net is not None,
            without=self.site.without,
            units=self._limit,
            beside=self.site.beside,
            drawn=self.site.drawn,
            manifest=manifest,
            scanned=self.site.atlas.progress.scanned,
            slugs=self.slugs,
            paths=paths,
            **shown,
        )

    @property
    def _limit(self) -> int | None:
        """Of each layer so many units have pages; None: all have."""
        most = self.site.units
        return most if most is not None and any(layer.units > most for layer in self.site.atlas.layers) else None

    def _network_row(self, layer: LayerInfo) -> dict[str, object]:
        figures = self._shelf.figures(layer.name)
        return {"figures": figures, "tiles": strip_tiles(self.site.atlas, figures, self.slugs[layer.name])}

    def _tiles(self, unit: AtlasUnit) -> list[Tile]:
        layer = unit.layer.name
        return unit_tiles(self.site.atlas, unit, self._shelf.figures(layer), self.slugs[layer])

    def _relatives(self, unit: AtlasUnit, figures: LayerFigures) -> dict[str, list[tuple[Tile, float]]]:
        slug = self.slugs[unit.layer.name]
        pairs = [
            (unit_tile(self.site.atlas, figures, row.other, slug), row.r) for row in unit.correlated if row.r == row.r
        ]
        return {
            "Goes with": [pair for pair in pairs if pair[1] > 0][:RELATIVES],
            "Goes against": [pair for pair in pairs if pair[1] < 0][:RELATIVES],
        }

    def _tuning(self, unit: AtlasUnit) -> Tuning | None:
        """Return what a unit prefers, for files of a network that takes small pictures; a server is asked for it."""
        net = self.site.net
        if net is None or self._live or not (self.site.tuned and quick(net)) or unit.stats.dead:
            return None
        return self._tunings(unit.layer.name)[unit.index]

    def _measured(self, layer: str) -> dict[int, Tuning]:
        """Measure all living units of a layer that have pages at once: they share their pictures."""
        assert self.site.net is not None
        figures = self._shelf.figures(layer)
        living = [index for index in figures.living if index < figures.shown]
        found = tuning(
            self.site.net, [Unit(layer, index) for index in living], [figures.stats[index].maximum for index in living]
        )
        return dict(zip(living, found, strict=True))

    def _where(self, example: Example) -> str:
        shown = example.unit < self._shelf.figures(example.layer).shown
        return paths.unit_page(self.slugs[example.layer], example.unit) if shown else ""


def _pairs(among: LayerRedundancy, most: int = 20) -> list[tuple[int, int, float]]:
    """Return the pairs of units with the largest |r|."""
    strength = np.abs(np.nan_to_num(np.triu(among.correlation, 1)))
    order = np.argsort(-strength, axis=None, kind="stable")[:most]
    found = zip(*np.unravel_index(order, strength.shape), strict=True)
    return [(int(a), int(b), float(among.correlation[a, b])) for a, b in found if strength[a, b] > 0]


def _image_size(size: tuple[int, int]) -> dict[str, object]:
    whole = enlarged(max(size), 448)
    scale = whole.side / max(size)
    return {"width": round(size[0] * scale), "height": round(size[1] * scale), "sharp": whole.sharp}


def _words(unit: UnitFigures, figures: LayerFigures) -> str:
    """Return what a layer's filter finds a unit by."""
    words = [row.label for row in unit.classes[:3]] + [word for word, _ in unit.causes]
    states = {"dead": unit.stats.dead, "duplicate": unit.index in figures.twins, "doubtful": unit.cautions > 0}
    return " ".join([*words, *(state for state, is_so in states.items() if is_so)]).lower()


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
