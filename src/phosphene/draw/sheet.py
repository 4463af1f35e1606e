"""Contact sheets: many small pictures with their words, laid out once, painted as PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from phosphene.draw import raster, svg
from phosphene.draw.blocks import Block, Style, beside, stacked
from phosphene.draw.figure import DPI, Figure
from phosphene.draw.layout import lay_out
from phosphene.draw.page import Page, Photo
from phosphene.draw.plan import Plan, points, tiles
from phosphene.draw.text import clean
from phosphene.draw.theme import Theme
from phosphene.draw.tile import Group as Group
from phosphene.draw.tile import Legend as Legend
from phosphene.draw.tile import Tile as Tile

# Lengths in points.
TITLE, SUBTITLE, FOOT = 10.0, 7.5, 6.5
MARGIN, SPACE = 12.0, 9.0
NARROWEST = 220.0  # so that a title over a single tile still reads
BAR = (60.0, 6.0)  # the legend's strip of colours
REDUCED = "Reduced: of the pixels that fall together the strongest is shown."


@dataclass(frozen=True)
class Sheet(Figure):
    """Tiles or groups of tiles in rows and columns, under a title and above a note on their scale.

    Attributes:
        tiles: what is shown, row by row.
        columns: how many stand side by side; None chooses so that rows are full.
        title, subtitle: above; wrapped where they are long.
        scale_note: below; what the colours mean ("Each tile scaled to its own maximum.").
        legend: a strip of the colours, before the scale note.
        column_headers, row_headers: words above the columns and left of the rows.
        tile_size: the longest side of a picture in points (1/72 inch); None makes the sheet as wide as a page.
            Small pictures are enlarged by whole numbers up to it, large ones reduced to it.
    """

    tiles: Sequence[Tile | Group]
    columns: int | None = None
    title: str = ""
    scale_note: str = ""
    subtitle: str = ""
    legend: Legend | None = None
    column_headers: tuple[str, ...] = ()
    row_headers: tuple[str, ...] = ()
    tile_size: float | None = None

    def page(self, dpi: int = DPI) -> Page:
        """Lay the sheet out at ``dpi`` pixels an inch."""
        plan = Plan.of(self._group, dpi, self.tile_size)
        body = lay_out(self._group, plan)
        width = max(body.width, plan.px(NARROWEST))
        title = Style(plan.px(TITLE), bold=True).paragraph(self.title, width, 3)
        subtitle = Style(plan.px(SUBTITLE), role="faint").paragraph(self.subtitle, width, 4)
        whole = stacked([stacked([title, subtitle]), body, self._foot(width, plan)], plan.px(SPACE))
        edge = plan.px(MARGIN)
        marks = tuple(whole.at(edge, edge))
        return Page(width + 2 * edge, whole.height + 2 * edge, dpi, clean(self.title), marks)

    @property
    def alt(self) -> str:
        """Title, subtitle, how many pictures there are, and their scale."""
        count = f"{len(list(tiles(self._group)))} pictures"
        return ". ".join(part.rstrip(".") for part in (self.title, self.subtitle, count, self.scale_note) if part)

    @property
    def _group(self) -> Group:
        return Group(tuple(self.tiles), self.columns, "", "", self.column_headers, self.row_headers)

    def _foot(self, width: int, plan: Plan) -> Block:
        """Return the legend and, right of it, the note on the scale and on what reducing did."""
        style = Style(plan.px(FOOT), role="faint")
        note = f"{self.scale_note} {REDUCED}" if plan.reduces_signed(self._group) else self.scale_note
        if self.legend is None:
            return style.paragraph(note, width, 4)
        bar = _bar(self.legend, style, plan.dpi)
        gap = plan.px(SPACE)
        return beside([bar, style.paragraph(note, width - bar.width - gap, 4)], gap)

    def _raster(self, theme: Theme, dpi: int) -> Image.Image:
        return raster.paint(self.page(dpi), theme)

    def _encode(self, kind: str, theme: Theme, dpi: int) -> bytes:
        if kind == ".svg":
            return svg.paint(self.page(dpi), theme)
        from phosphene.draw import pdf  # its fonts take a quarter of a second to import

        return pdf.paint(self.page(dpi), theme)


def _bar(legend: Legend, style: Style, dpi: int) -> Block:
    """Return the legend: its low end, the strip of colours, its high end."""
    strip = Image.fromarray(legend.colours[None])
    width, height = points(BAR[0], dpi), points(BAR[1], dpi)
    strip = strip.resize((width, height), Image.Resampling.NEAREST)
    photo = Block(width, style.leading, (Photo(0, (style.leading - height) // 2, width, height, strip),))
    low, high = (style.paragraph(end, 2 * width, 1) for end in (legend.low, legend.high))
    return beside([low, photo, high], points(3, dpi))
