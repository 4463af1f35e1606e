"""A matplotlib figure that keeps to itself: no pyplot, no settings changed for others, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from phosphene.draw.figure import Figure
from phosphene.draw.text import clean, shorten
from phosphene.draw.theme import Theme

_EDGE = 8 / 72  # inches left free around a plot
_COLUMN = 32  # points for a column of numbers
_NAME = 90  # how long a name may be, in pixels of a font 10 pixels high
_SETTINGS_IN_USE = Lock()  # matplotlib reads some settings from one place for the whole process


@dataclass(frozen=True)
class Plot(Figure):
    """A plot of width x height inches; ``draw`` puts it on an empty canvas in the colours of a theme."""

    draw: Callable[[Canvas, Theme], None]
    size: tuple[float, float]
    title: str = ""

    @property
    def alt(self) -> str:
        """The plot's title."""
        return clean(self.title)

    def _raster(self, theme: Theme, dpi: int) -> Image.Image:
        return Image.open(BytesIO(self._encode(".png", theme, dpi))).convert("RGB")

    def _encode(self, kind: str, theme: Theme, dpi: int) -> bytes:
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind)
        buffer = BytesIO()
        with _settings(theme, dpi):
            self._drawn(theme).savefig(buffer, format=kind[1:], metadata=undated)
        return buffer.getvalue()

    def _drawn(self, theme: Theme) -> Canvas:
        space = ConstrainedLayoutEngine(w_pad=_EDGE, h_pad=_EDGE / 2, wspace=0.04)
        canvas = Canvas(figsize=self.size, layout=space)
        if self.title:
            canvas.suptitle(clean(self.title), x=_EDGE / self.size[0], ha="left", fontsize=9, fontweight="bold")
        self.draw(canvas, theme)
        return canvas


@contextmanager
def _settings(theme: Theme, dpi: int) -> Iterator[None]:
    """Draw under our settings alone, whatever the user's are, and give theirs back."""
    settings: dict[Any, Any] = {
        name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")
    }
    settings |= {**_look(theme), "figure.dpi": dpi, "savefig.dpi": dpi}
    with _SETTINGS_IN_USE, matplotlib.rc_context(settings):
        yield


def _look(theme: Theme) -> Mapping[str, Any]:
    return {
        "svg.hashsalt": "phosphene",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "text.parse_math": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 7,
        "axes.titlesize": 7.5,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.labelcolor": theme.faint,
        "axes.edgecolor": theme.faint,
        "axes.facecolor": theme.background,
        "figure.facecolor": theme.background,
        "savefig.facecolor": theme.background,
        "text.color": theme.ink,
        "xtick.color": theme.faint,
        "ytick.color": theme.faint,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.3,
        "grid.color": theme.rule,
        "grid.linewidth": 0.5,
    }


def quiet_grid(axes: Axes, along: str) -> None:
    """Draw faint lines across one axis, "x" or "y", behind everything else."""
    axes.set_axisbelow(True)
    axes.grid(True, axis=along)  # type: ignore[arg-type]


def right_column(axes: Axes, texts: Sequence[str], label: str = "") -> None:
    """Write one number right of each row, rows being at 0, 1, 2 ... of the y axis."""
    column = axes.secondary_yaxis("right")
    column.set_yticks(range(len(texts)), [text.replace("-", "\N{MINUS SIGN}") for text in texts], ha="right")
    column.tick_params(axis="y", length=0, pad=_COLUMN)
    column.set_ylabel(label)
    column.spines["right"].set_visible(False)


def percents(share: float, position: float) -> str:
    """Return a tick's label: 0.82 as "82 %"."""
    return f"{100 * share:g} %"


def short(name: str, times: float = 1.0) -> str:
    """Return a name of any length as one that a plot has room for."""
    return shorten(clean(name), times * _NAME, 10)
