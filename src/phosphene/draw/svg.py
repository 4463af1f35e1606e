"""Paints a page as SVG: text stays text, pictures are embedded and keep their square pixels."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from xml.sax.saxutils import escape

from PIL import Image

from phosphene.draw.fit import enlarged, resized, rgb
from phosphene.draw.page import Hatch, Mark, Page, Photo, Text
from phosphene.draw.theme import Theme

_FONTS = "DejaVu Sans, Bitstream Vera Sans, Verdana, sans-serif"


def paint(page: Page, theme: Theme) -> bytes:
    """Return the page as an SVG document that needs no other file."""
    return "\n".join(_document(page, theme)).encode()


def _document(page: Page, theme: Theme) -> Iterator[str]:
    inches = f'width="{page.width / page.dpi:.4f}in" height="{page.height / page.dpi:.4f}in"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" {inches} viewBox="0 0 {page.width} {page.height}" '
        f'role="img" font-family="{_FONTS}">'
    )
    if page.title:
        yield f"<title>{escape(page.title)}</title>"
    yield _hatching(page.dpi, theme)
    yield f'<rect width="{page.width}" height="{page.height}" fill="{theme.background}"/>'
    for mark in page.marks:
        yield _element(mark, theme)
    yield "</svg>\n"


def _element(mark: Mark, theme: Theme) -> str:
    match mark:
        case Photo():
            return f"<image {_box(mark)} {_source(mark)}/>"
        case Hatch():
            return f'<rect {_box(mark)} fill="url(#hatch)"/>'
        case Text():
            weight = ' font-weight="bold"' if mark.bold else ""
            # With its length stated, no line is wider than its cell on a machine with another font.
            length = f'textLength="{mark.width}" lengthAdjust="spacingAndGlyphs"'
            look = f'font-size="{mark.size}" fill="{theme.colour(mark.role)}"{weight} {length}'
            return f'<text x="{mark.x}" y="{mark.y}" {look}>{escape(mark.text)}</text>'


def _box(mark: Photo | Hatch) -> str:
    return f'x="{mark.x}" y="{mark.y}" width="{mark.width}" height="{mark.height}"'


def _source(mark: Photo) -> str:
    """Return the picture's data: its own pixels where they become squares, otherwise reduced to its size."""
    size = (mark.width, mark.height)
    squares = enlarged(mark.image, size)
    shown = rgb(mark.image) if squares else resized(mark.image, size, mark.around_grey)
    data = b64encode(_png(shown)).decode()
    look = 'image-rendering="optimizeSpeed" style="image-rendering:pixelated" ' if squares else ""
    return f'{look}preserveAspectRatio="none" href="data:image/png;base64,{data}"'


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _hatching(dpi: int, theme: Theme) -> str:
    step, thick = Hatch.spacing(dpi)
    return (
        f'<defs><pattern id="hatch" width="{step}" height="{step}" patternUnits="userSpaceOnUse">'
        f'<rect width="{step}" height="{step}" fill="{theme.hatch_ground}"/>'
        f'<path d="M-1 1l2-2M0 {step}L{step} 0M{step - 1} {step + 1}l2-2" stroke="{theme.hatch}" '
        f'stroke-width="{thick}"/></pattern></defs>'
    )
