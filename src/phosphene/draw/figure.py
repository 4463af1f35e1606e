"""What every figure can do, sheet or plot: become a picture, a file, an output of a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from phosphene.draw import saving
from phosphene.draw.theme import Theme, named
from phosphene.errors import PhospheneError

DPI = 150


class Figure(ABC):
    """Something drawn, in a light and a dark look. The same figure gives the same bytes every time."""

    @property
    @abstractmethod
    def alt(self) -> str:
        """What the figure shows, in words, for those who cannot see it."""

    @abstractmethod
    def _raster(self, theme: Theme, dpi: int) -> Image.Image:
        """Return the figure as an RGB picture."""

    @abstractmethod
    def _encode(self, kind: str, theme: Theme, dpi: int) -> bytes:
        """Return the figure as a file of ``kind`` ".svg" or ".pdf"."""

    def image(self, theme: str | Theme = "light", dpi: int = DPI) -> Image.Image:
        """Return the figure as an RGB picture with ``dpi`` pixels an inch.

        Raises:
            PhospheneError: an unknown theme, a resolution outside 36 to 1200, or too large a picture for it.
        """
        _check(dpi)
        return self._raster(named(theme), dpi)

    def encoded(self, kind: str, theme: str | Theme = "light", dpi: int = DPI) -> bytes:
        """Return the content of a file of ``kind`` ".png", ".svg" or ".pdf"."""
        if kind != ".png":
            _check(dpi)
            return self._encode(kind, named(theme), dpi)
        buffer = BytesIO()
        self.image(theme, dpi).save(buffer, "PNG", dpi=(dpi, dpi))
        return buffer.getvalue()

    def save(self, path: str | Path, theme: str | Theme = "light", dpi: int = DPI) -> None:
        """Write the figure to a .png, .svg or .pdf file.

        Raises:
            PhospheneError: another ending, or the file cannot be written; then nothing is left behind.
        """
        path = Path(path)
        kind = saving.ending(path)
        saving.write(path, self.encoded(kind, theme, dpi))

    def _repr_png_(self) -> bytes:
        return self.encoded(".png")

    def _repr_html_(self) -> str:
        """Return HTML that follows the reader's light or dark mode, without scripts."""
        light, dark = self._source("light"), self._source("dark")
        return (
            f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
            f'<img src="{light}" alt="{escape(self.alt)}" style="max-width:100%;height:auto"></picture>'
        )

    def _source(self, theme: str) -> str:
        return f"data:image/png;base64,{b64encode(self.encoded('.png', theme)).decode()}"


def _check(dpi: int) -> None:
    if not 36 <= dpi <= 1200:
        raise PhospheneError(f"{dpi} dpi is not between 36 and 1200; type 150 for a screen, 300 for paper")
