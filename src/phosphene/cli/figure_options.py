"""How commands are told what a figure shows, and how it is drawn."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class RuleName(StrEnum):
    """How operations send a signal back."""

    deconvnet = "deconvnet"
    guided = "guided"
    gradient = "gradient"


class UnpoolName(StrEnum):
    """How max-pooling sends it back."""

    switches = "switches"
    fill = "fill"


class ScaleName(StrEnum):
    """What the colours of a tile are relative to."""

    tile = "tile"
    shared = "shared"


class ThemeName(StrEnum):
    """The ground a figure is drawn on."""

    light = "light"
    dark = "dark"


Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The figure: .png, .svg or .pdf.")]
Rule = Annotated[RuleName, typer.Option("--rule", help="How operations send a unit back.")]
Unpool = Annotated[
    UnpoolName, typer.Option("--unpool", help="How max-pooling does: to recorded places, or to whole windows.")
]
Dpi = Annotated[int, typer.Option("--dpi", min=36, max=1200, help="Pixels an inch.")]
Theme = Annotated[ThemeName, typer.Option("--theme", help="The figure's ground.")]
