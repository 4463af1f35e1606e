"""Figure 2 of Zeiler & Fergus: pictures cut to what one position of a unit sees, beside what it looks like there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phosphene.atlas.records import Example
from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.network import Network
from phosphene.project.patches import Patches
from phosphene.project.picture import input_pictures, pictures
from phosphene.sheets.figures import GREY, bare, number

NINE = 9
TYPICAL = "Above the nine strongest pictures, below those at 10, 50 and 90 % of the unit's peaks."


@dataclass(frozen=True)
class Chosen:
    """A unit to show, and why: its rank by prominence, or a draw."""

    unit: int
    why: str


def patch_groups(
    found: Patches, typical: Sequence[Example] = (), scale: Scale = "tile", percentile: float = 100.0
) -> tuple[Group, ...]:
    """Return patches and, right of them, projections, scaled to the ``percentile`` of their values.

    The last pictures are the ``typical`` ones; they stand below, under their percentages and values.
    """
    drawn, _ = pictures(found.projections, scale, percentile)
    tiles, projections = tuple(map(Tile, input_pictures(found.patches))), bare(drawn)
    count = len(tiles) - len(typical)
    parts = (
        Group(tiles[:count], 3),
        Group(projections[:count], 3),
        Group(tiles[count:], 3, column_headers=tuple(map(percent, typical))),
        Group(projections[count:], 3, column_headers=tuple(number(example.value) for example in typical)),
    )
    return tuple(part for part in parts if part.tiles)


def percent(example: Example) -> str:
    """Return what stands above a typical picture."""
    return f"{example.rank} %"


def unit_group(
    chosen: Chosen, found: Patches, highest: float, typical: Sequence[Example] = (), percentile: float = 100.0
) -> Group:
    """Return a unit under its number, the reason for showing it, and its strongest value."""
    parts = patch_groups(found, typical, percentile=percentile)
    return Group(parts, 2, f"{chosen.unit} · {chosen.why}", number(highest))


def nines_sheet(net: Network, layer: str, groups: Sequence[Group], columns: int, tile_size: float, note: str) -> Sheet:
    """Show units of a layer, ``columns`` side by side; ``note`` says how their projections are scaled."""
    seen = net.layer(layer).receptive_field
    whole = seen is None or seen[0] >= net.input_size[1] or seen[1] >= net.input_size[2]
    what = (
        "whole pictures" if whole or seen is None else f"patches of {seen[0]} × {seen[1]} pixels, all a position sees"
    )
    title = f"{net.name} · {layer} · {what}"
    said = f"{GREY} {note} Right of each unit's number its strongest value."
    return Sheet(groups, columns, title, said, tile_size=tile_size)
