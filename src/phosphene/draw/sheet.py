"""Contact sheets: many small pictures with their words, one layout, painted as PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from phosphene.draw import raster, saving
from phosphene.draw.blocks import Block, Style, stacked
from phosphene.draw.layout import lay_out
from phosphene.draw.page import Page
from phosphene.draw.plan import Plan
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
        tile_size: the longest side of a picture in points (1/72 inch); None chooses so that the sheet is about as
            wide as a page. Small pictures are enlarged by whole numbers up to it, large ones reduced to it.
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
            raise PhospheneError(f"a resolution of {dpi} dpi is not between 36 and 1200; screens do well with 150")
        group = Group(tuple(self.tiles), self.columns, "", "", self.column_headers, self.row_headers)
        plan = Plan.of(group, dpi, self.tile_size)
        body = lay_out(group, plan)
        width = max(body.width, plan.px(NARROWEST))
        head = stacked([
            Style(plan.px(TITLE), bold=True).paragraph(self.title, width, 3),
            Style(plan.px(SUBTITLE), role="faint").paragraph(self.subtitle, width, 4),
        ])
        foot = Style(plan.px(FOOT), role="faint").paragraph(self.scale_note, width, 4)
        whole = stacked([head, body, foot], plan.px(SPACE))
        edge = plan.px(MARGIN)
        framed = Block(width + 2 * edge, whole.height + 2 * edge, tuple(whole.at(edge, edge)))
        return Page(framed.width, framed.height, dpi, self.title, framed.marks)

    def image(self, theme: str | Theme = "light", dpi: int = 150) -> Image.Image:
        """Return the sheet as an RGB picture."""
        return raster.paint(self.page(dpi), named(theme))

    def save(self, path: str | Path, theme: str | Theme = "light", dpi: int = 150) -> None:
        """Write the sheet to a file.

        Raises:
            PhospheneError: its name has another ending, or it cannot be written; nothing half-written is left.
        """
        path = Path(path)
        saving.ending(path, (".png", ".svg"))
        saving.write(path, self._png(theme, dpi))

    def _png(self, theme: str | Theme, dpi: int) -> bytes:
        buffer = BytesIO()
        self.image(theme, dpi).save(buffer, "PNG", dpi=(dpi, dpi))
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self._png("light", 150)
