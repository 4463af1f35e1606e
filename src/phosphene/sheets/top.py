"""What ``phosphene top`` draws: a unit's strongest patches and typical ones, beside their projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import Example
from phosphene.atlas.unit import AtlasUnit
from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Network, Unit
from phosphene.project import Rule, Unpool
from phosphene.project.patches import patches_of
from phosphene.sheets.figures import GREY, number
from phosphene.sheets.patches import NINE, TYPICAL, patch_groups, percent
from phosphene.sources.images import ImageSet


@dataclass(frozen=True)
class Projecting:
    """How patches are sent back to pixels: the network, and where its pictures come from.

    Attributes:
        net: the network that was scanned.
        images: the image set that was scanned; None takes the atlas's own copies, if they are whole.
    """

    net: Network
    images: ImageSet | None = None
    rule: Rule = "deconvnet"
    unpool: Unpool = "switches"
    scale: Scale = "tile"


def top_sheet(
    atlas: Atlas, units: Sequence[AtlasUnit], projecting: Projecting | None = None, columns: int | None = None
) -> Sheet:
    """Draw units of an atlas: for each its nine strongest patches and those at 10, 50 and 90 % of its peaks.

    With a network every patch stands beside the projection of its strongest position (Zeiler & Fergus 2013, figure 2).

    Raises:
        UsageError: pictures that the atlas does not hold whole and that no image set was given for.
    """
    source = ScannedPictures(atlas, projecting.images) if projecting else None
    groups = [_group(unit, projecting, source) for unit in units]
    across = columns or min(len(units), 3 if projecting is None else 2)
    return Sheet(groups, across, f"{atlas.manifest.network} · {atlas.manifest.images}", _note(projecting))


def _note(projecting: Projecting | None) -> str:
    if projecting is None:
        return TYPICAL
    each = "Each projection scaled to its own maximum."
    return f"{TYPICAL} {GREY} {each if projecting.scale == 'tile' else 'Projections of a unit scaled together.'}"


def _group(unit: AtlasUnit, projecting: Projecting | None, source: ScannedPictures | None) -> Group:
    heading = str(unit), "dead" if unit.stats.dead else number(unit.stats.maximum)
    strongest, typical = unit.examples[:NINE], unit.typical
    if not (strongest or typical):
        return Group((Tile(note="no finite value on any picture"),), 1, *heading)
    if projecting is None or source is None:
        return Group(_kept(unit, strongest, typical), 1, *heading)
    address = Unit(unit.layer.name, unit.index)
    pictures = [source.open(example.image) for example in (*strongest, *typical)]
    found = patches_of(projecting.net, address, pictures, projecting.rule, projecting.unpool)
    return Group(patch_groups(found, typical, projecting.scale), 2, *heading)


def _kept(unit: AtlasUnit, strongest: Sequence[Example], typical: Sequence[Example]) -> tuple[Group, ...]:
    """Return the patches as the atlas holds them."""
    above, below = (tuple(map(_tile, map(unit.patch, examples))) for examples in (strongest, typical))
    headers = tuple(f"{percent(example)}: {number(example.value)}" for example in typical)
    parts = Group(above, 3), Group(below, 3, column_headers=headers)
    return tuple(part for part in parts if part.tiles)


def _tile(patch: Image.Image | None) -> Tile:
    return Tile(patch, note="" if patch else "no picture kept")
