"""Paints a page as a PIL picture."""

from __future__ import annotations

from PIL import Image, ImageDraw

from phosphene.draw.fit import resized
from phosphene.draw.page import Hatch, Page, Photo, Text
from phosphene.draw.text import font
from phosphene.draw.theme import Theme
from phosphene.errors import PhospheneError

_MOST_PIXELS = 250_000_000  # 750 MB of memory


def paint(page: Page, theme: Theme) -> Image.Image:
    """Return the page as an RGB picture that knows its resolution.

    Raises:
        PhospheneError: more than 250 million pixels.
    """
    if page.width * page.height > _MOST_PIXELS:
        raise PhospheneError(
            f"{page.width} x {page.height} pixels are too many for one picture; choose a lower dpi than {page.dpi}"
        )
    canvas = Image.new("RGB", (page.width, page.height), theme.background)
    canvas.info["dpi"] = (page.dpi, page.dpi)
    draw = ImageDraw.Draw(canvas)
    for mark in page.marks:
        match mark:
            case Photo():
                canvas.paste(resized(mark.image, (mark.width, mark.height), mark.around_grey), (mark.x, mark.y))
            case Hatch():
                canvas.paste(_hatched(mark, page.dpi, theme), (mark.x, mark.y))
            case Text():
                colour = theme.colour(mark.role)
                draw.text((mark.x, mark.y), mark.text, colour, font(mark.size, mark.bold), anchor="ls")
    return canvas


def _hatched(mark: Hatch, dpi: int, theme: Theme) -> Image.Image:
    ground = Image.new("RGB", (mark.width, mark.height), theme.hatch_ground)
    draw = ImageDraw.Draw(ground)
    step, thick = mark.spacing(dpi)
    for start in range(-mark.height, mark.width, step):
        draw.line([(start, mark.height), (start + mark.height, 0)], theme.hatch, thick)
    return ground
