"""Paints a page as PDF: one page of its own size, real text, pictures with square pixels."""

from __future__ import annotations

from collections.abc import Iterator

from phosphene.draw.fit import resized
from phosphene.draw.page import Hatch, Page, Photo, Text
from phosphene.draw.pdf_file import PdfFile
from phosphene.draw.pdf_font import PdfFont
from phosphene.draw.theme import Theme


def paint(page: Page, theme: Theme) -> bytes:
    """Return the page as a PDF file."""
    file = PdfFile()
    fonts = _fonts(page)
    names = " ".join(f"/{_name(bold)} {font.embed(file)} 0 R" for bold, font in fonts.items())
    photos = [mark for mark in page.marks if isinstance(mark, Photo)]
    pictures = " ".join(f"/P{i} {_embed(photo, file)} 0 R" for i, photo in enumerate(photos))
    content = file.stream("\n".join(_operators(page, theme, fonts)).encode())
    resources = f"/Font << {names} >> /XObject << {pictures} >>"
    scale = 72 / page.dpi
    return file.page(page.width * scale, page.height * scale, content, resources, page.title)


def _fonts(page: Page) -> dict[bool, PdfFont]:
    used: dict[bool, set[str]] = {}
    for mark in page.marks:
        if isinstance(mark, Text):
            used.setdefault(mark.bold, set()).update(mark.text)
    return {bold: PdfFont(bold, frozenset(used[bold])) for bold in sorted(used)}


def _name(bold: bool) -> str:
    return "Bold" if bold else "Regular"


def _embed(photo: Photo, file: PdfFile) -> int:
    """Add the picture at the size it is drawn: many readers smooth what they must enlarge themselves."""
    image = resized(photo.image, (photo.width, photo.height), photo.around_grey)
    entries = "/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8 /Interpolate false"
    return file.stream(image.tobytes(), f"{entries} /Width {image.width} /Height {image.height}")


def _operators(page: Page, theme: Theme, fonts: dict[bool, PdfFont]) -> Iterator[str]:
    """Yield the drawing in the page's pixels; PDF counts from the bottom, so every y is turned round."""
    yield f"{72 / page.dpi:.6f} 0 0 {72 / page.dpi:.6f} 0 0 cm"
    yield f"{_colour(theme.background)} rg 0 0 {page.width} {page.height} re f"
    photos = 0
    for mark in page.marks:
        match mark:
            case Photo():
                bottom = page.height - mark.y - mark.height
                yield f"q {mark.width} 0 0 {mark.height} {mark.x} {bottom} cm /P{photos} Do Q"
                photos += 1
            case Hatch():
                yield from _hatched(mark, page, theme)
            case Text():
                yield _text(mark, page, theme, fonts[mark.bold])


def _text(mark: Text, page: Page, theme: Theme, font: PdfFont) -> str:
    """Return one line of text, stretched (by a few per cent) to the width that the layout gave it."""
    natural = font.width(mark.text, mark.size)
    stretch = 100 * mark.width / natural if natural else 100
    return (
        f"BT {_colour(theme.colour(mark.role))} rg /{_name(mark.bold)} {mark.size} Tf {stretch:.2f} Tz "
        f"{mark.x} {page.height - mark.y} Td {font.code(mark.text)} Tj ET"
    )


def _hatched(mark: Hatch, page: Page, theme: Theme) -> Iterator[str]:
    step, thick = mark.spacing(page.dpi)
    bottom = page.height - mark.y - mark.height
    yield f"q {mark.x} {bottom} {mark.width} {mark.height} re W n"
    yield f"{_colour(theme.hatch_ground)} rg {mark.x} {bottom} {mark.width} {mark.height} re f"
    yield f"{_colour(theme.hatch)} RG {thick} w"
    for start in range(mark.x - mark.height, mark.x + mark.width, step):
        yield f"{start} {bottom} m {start + mark.height} {bottom + mark.height} l S"
    yield "Q"


def _colour(code: str) -> str:
    return " ".join(f"{channel / 255:.4f}" for channel in bytes.fromhex(code[1:]))
