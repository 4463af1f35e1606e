"""Contact sheets: many small pictures with their words, one layout, painted as PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from phosphene.draw import pdf, raster, saving, svg
from phosphene.draw.blocks import Style, stacked
from phosphene.draw.layout import lay_out
from phosphene.draw.page import Page
from phosphene.draw.plan import Plan
from phosphene.draw.text import clean
from phosphene.draw.theme import Theme, named
from phosphene.draw.tile import Group as Group
from phosphene.draw.tile import Tile as Tile
from phosphene.errors import PhospheneError

# Lengths in points.
TITLE, SUBTITLE, FOOT = 10.0, 7.5, 6.5
MARGIN, SPACE = 12.0, 9.0
NARROWEST = 220.0  # so that a title over a single tile still reads


@dataclass(frozen=True)
class Sheet:
    """Tiles or groups of tiles in rows and columns, under a title and above a note on their scale.

    Attributes:
        tiles: what is shown, row by row.
        columns: how many stand side by side; None chooses so that rows are full.
        title, subtitle: above; wrapped where they are long.
        scale_note: below; what the colours mean ("Each tile scaled to its own maximum.").
        column_headers, row_headers: words above the columns and left of the rows.
        tile_size: the longest side of a picture in points (1/72 inch); None makes the sheet as wide as a
            page. Small pictures are enlarged by whole numbers up to it, large ones reduced to it.
    """

    tiles: Sequence[Tile | Group]
    columns: int | None = None
    title: str = ""
    scale_note: str = ""
    subtitle: str = ""
    column_headers: tuple[str, ...] = ()
    row_headers: tuple[str, ...] = ()
    tile_size: float | None = None

    def page(self, dpi: int = 150) -> Page:
        """Lay the sheet out at ``dpi`` pixels an inch."""
        if not 36 <= dpi <= 1200:
            raise PhospheneError(f"{dpi} dpi is not between 36 and 1200; type 150 for a screen, 300 for paper")
        group = Group(tuple(self.tiles), self.columns, "", "", self.column_headers, self.row_headers)
        plan = Plan.of(group, dpi, self.tile_size)
        body = lay_out(group, plan)
        width = max(body.width, plan.px(NARROWEST))
        title = Style(plan.px(TITLE), bold=True).paragraph(self.title, width, 3)
        subtitle = Style(plan.px(SUBTITLE), role="faint").paragraph(self.subtitle, width, 4)
        foot = Style(plan.px(FOOT), role="faint").paragraph(self.scale_note, width, 4)
        whole = stacked([stacked([title, subtitle]), body, foot], plan.px(SPACE))
        edge = plan.px(MARGIN)
        marks = tuple(whole.at(edge, edge))
        return Page(width + 2 * edge, whole.height + 2 * edge, dpi, clean(self.title), marks)

    def image(self, theme: str | Theme = "light", dpi: int = 150) -> Image.Image:
        """Return the sheet as an RGB picture."""
        return raster.paint(self.page(dpi), named(theme))

    def save(self, path: str | Path, theme: str | Theme = "light", dpi: int = 150) -> None:
        """Write the sheet to a file.

        Raises:
            PhospheneError: its name has another ending, or it cannot be written; then nothing is left behind.
        """
        path = Path(path)
        kind = saving.ending(path)
        saving.write(path, self.encoded(kind, theme, dpi))

    def encoded(self, kind: str, theme: str | Theme = "light", dpi: int = 150) -> bytes:
        """Return the content of a file of ``kind`` ".png", ".svg" or ".pdf"; the same bytes every time."""
        look, page = named(theme), self.page(dpi)
        if kind == ".svg":
            return svg.paint(page, look)
        if kind == ".pdf":
            return pdf.paint(page, look)
        buffer = BytesIO()
        raster.paint(page, look).save(buffer, "PNG", dpi=(dpi, dpi))
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.encoded(".png")
