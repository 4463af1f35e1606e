"""What a sheet is made of: tiles, and groups of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image


@dataclass(frozen=True)
class Tile:
    """One picture with its words.

    Attributes:
        picture: any PIL picture; None if there is nothing to show.
        label: whose picture it is, below it on the left ("conv2:9").
        value: its number, below it on the right ("3.41").
        captions: further lines below, smaller in importance.
        note: why there is no picture ("not active here", "dead"); drawn on hatched ground.
        around_grey: a signed picture, whose grey is zero: where it is reduced, fine lines must not cancel.
    """

    picture: Image.Image | None = None
    label: str = ""
    value: str = ""
    captions: tuple[str, ...] = ()
    note: str = ""
    around_grey: bool = False


@dataclass(frozen=True)
class Legend:
    """A strip of colours, (n, 3) uint8 from `phosphene.draw.colour.strip`, and what its two ends mean."""

    colours: npt.NDArray[np.uint8]
    low: str
    high: str


@dataclass(frozen=True)
class Group:
    """Tiles that belong together, set close: an image beside its projection, nine patches beside nine.

    Attributes:
        tiles: tiles, or groups again.
        columns: how many stand side by side; None chooses.
        label, value: the heading above the group, left and right.
        column_headers, row_headers: words above the columns and left of the rows.
    """

    tiles: tuple[Tile | Group, ...]
    columns: int | None = None
    label: str = ""
    value: str = ""
    column_headers: tuple[str, ...] = ()
    row_headers: tuple[str, ...] = ()
