"""Pictures with words for a notebook: HTML without scripts and style sheets, and with nothing from elsewhere.

Notebooks are light or dark by their own choice, which a page cannot ask for; so text and lines take the colour that is
there, and pictures stand on no ground of their own. What is given as text is escaped, what is given as HTML is not.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO

from PIL import Image

FAINT = "opacity:.75"
GROUND = "background:rgba(128,128,128,.15)"
"""Of a tile that its picture does not fill."""
SHARP = 2
"""Pixels for each one of the page, at most: a fine screen shows so many."""


def embedded(picture: Image.Image, side: int, alt: str, around_grey: bool = False) -> str:
    """Return a picture as an element of ``side`` pixels at most; small ones enlarged by whole numbers."""
    from phosphene.draw.fit import resized  # with PyTorch, without which an atlas can be read

    width, height = _within(picture.size, side)
    if max(picture.size) > SHARP * side:
        picture = resized(picture, _within(picture.size, SHARP * side), around_grey)
    sharp = width > picture.width
    style = "image-rendering:pixelated" if sharp else ""
    return (
        f'<img alt="{escape(alt)}" width="{width}" height="{height}" style="margin:0;max-width:none;{style}" '
        f'src="{_address(picture, sharp)}">'
    )


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the (width, height) at which a picture of ``size`` is shown."""
    times = side // max(size) or side / max(size)
    return max(1, round(size[0] * times)), max(1, round(size[1] * times))


def _address(picture: Image.Image, lossless: bool) -> str:
    """Return a picture as a ``data:`` address, without loss where its pixels are seen as squares."""
    file = BytesIO()
    if lossless:
        picture.save(file, "PNG")
    else:
        picture.save(file, "WEBP", quality=84)
    return f"data:image/{'png' if lossless else 'webp'};base64,{b64encode(file.getvalue()).decode()}"


def tile(
    picture: Image.Image | None, lines: Sequence[str], side: int, alt: str, why: str = "", grey: bool = False
) -> str:
    """Return a picture in a square of ``side`` pixels over some lines of text; ``why`` stands where there is none."""
    box = f"width:{side}px;height:{side}px;box-sizing:border-box"
    empty = (
        f'<div style="{box};padding:2px;border:1px dashed;{FAINT};font-size:75%;line-height:1.2;display:flex;'
        f'align-items:center;justify-content:center;text-align:center;overflow:hidden">{escape(why)}</div>'
    )
    shown = (
        empty
        if picture is None
        else f'<div style="{box};{GROUND};line-height:0">{embedded(picture, side, alt, grey)}</div>'
    )
    cut = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    said = "".join(f'<div style="{cut}">{escape(line)}</div>' for line in lines)
    return (
        f'<figure style="margin:0;width:{side}px" title="{escape(alt)}">{shown}'
        f'<figcaption style="margin:0;font-size:80%;line-height:1.35;text-align:left">{said}</figcaption></figure>'
    )


def tiles(figures: Iterable[str], gap: int = 8) -> str:
    """Return figures side by side, in as many rows as are needed, ``gap`` pixels apart."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:4px {gap}px;margin:4px 0 8px">{"".join(figures)}</div>'


def whole(title: str, said: str, *parts: str) -> str:
    """Return an output: a title and a sentence, which are text, over parts, which are HTML."""
    head = f'<h4 style="margin:0 0 4px;font-size:110%">{escape(title)}</h4>'
    return f'<div>{head}<p style="margin:0 0 8px;max-width:50em">{escape(said)}</p>{"".join(parts)}</div>'


def note(text: str) -> str:
    """Return a line of small text."""
    return f'<p style="margin:0;font-size:80%;{FAINT}">{escape(text)}</p>'
