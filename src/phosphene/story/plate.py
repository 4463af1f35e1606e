"""One figure of the page: drawn for a wide and for a narrow window, each on a light and on a dark ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from phosphene.draw.sheet import Sheet


@dataclass(frozen=True)
class Form:
    """How much room a figure has: the form's name, and pixels an inch (a narrow window is a phone's, at 2x)."""

    name: str
    dpi: int

    def points(self, pixels: int) -> float:
        """Return a length in points."""
        return pixels * 72 / self.dpi


WIDE, NARROW = Form("wide", 150), Form("narrow", 200)
FORMS = (WIDE, NARROW)
LOOKS = ("light", "dark")


@dataclass(frozen=True)
class Grid:
    """How the tiles of a figure stand: ``columns`` side by side, each about ``edge`` pixels large."""

    columns: int
    edge: int

    def tile_size(self, side: int, form: Form) -> float:
        """Return the edge in points that enlarges pictures of ``side`` pixels by the nearest whole number."""
        return form.points(max(1, round(self.edge / side)) * side)


@dataclass(frozen=True)
class Grids:
    """A figure's grid in a wide and in a narrow window."""

    wide: Grid
    narrow: Grid

    def of(self, form: Form) -> Grid:
        """Return the grid for a form."""
        return self.wide if form is WIDE else self.narrow


Draw = Callable[[Form], Sheet]


@dataclass(frozen=True)
class Plate:
    """A figure with its words.

    Attributes:
        stem: its files begin with this.
        draw: makes the sheet for a form.
        caption: below it on the page.
        alt: what the picture shows, for those who cannot see it.
    """

    stem: str
    draw: Draw
    caption: str
    alt: str


@dataclass(frozen=True)
class Drawn:
    """A plate as files.

    Attributes:
        plate: whose.
        files: their contents by name.
        sizes: for each form's name, (width, height) in pixels.
    """

    plate: Plate
    files: dict[str, bytes]
    sizes: dict[str, tuple[int, int]]

    def file(self, form: str, look: str) -> str:
        """Return a file's name."""
        return _file(self.plate, form, look)


def drawn(plate: Plate) -> Drawn:
    """Draw a plate in every form and every look."""
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for form in FORMS:
        sheet = plate.draw(form)
        for look in LOOKS:
            content = sheet.encoded(".png", look, form.dpi)
            files[_file(plate, form.name, look)] = content
            sizes[form.name] = Image.open(BytesIO(content)).size
    return Drawn(plate, files, sizes)


def _file(plate: Plate, form: str, look: str) -> str:
    return f"{plate.stem}-{form}-{look}.png"
