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
from phosphene.project.patches import Patches, patches_of
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
    across = columns or min(len(units), 3 if projecting is None else 2)
    if projecting is None:
        return _sheet(atlas, [_group(unit, None) for unit in units], across, TYPICAL)
    source, scale = ScannedPictures(atlas, projecting.images), projecting.scale
    looks = (looked_at(projecting.net, source, unit, projecting.rule, projecting.unpool) for unit in units)
    groups = [_group(unit, found, scale) for unit, found in zip(units, looks, strict=True)]
    return _sheet(atlas, groups, across, _note(scale))


def unit_sheet(atlas: Atlas, unit: AtlasUnit, found: Patches | None) -> Sheet:
    """Draw one unit as `top_sheet` does; ``found`` is what `looked_at` returned, None for patches alone."""
    return _sheet(atlas, [_group(unit, found)], 1, TYPICAL if found is None else _note("tile"))


def looked_at(
    net: Network, source: ScannedPictures, unit: AtlasUnit, rule: Rule = "deconvnet", unpool: Unpool = "switches"
) -> Patches | None:
    """Return a unit's nine strongest and its typical pictures, cut to what it sees, and sent back; None if it has none.

    Raises:
        UsageError: pictures that cannot be had whole.
    """
    pictures = [source.open(example.image) for example in (*unit.examples[:NINE], *unit.typical)]
    return patches_of(net, Unit(unit.layer.name, unit.index), pictures, rule, unpool) if pictures else None


def _sheet(atlas: Atlas, groups: Sequence[Group], across: int, note: str) -> Sheet:
    return Sheet(groups, across, f"{atlas.manifest.network} · {atlas.manifest.images}", note)


def _note(scale: Scale) -> str:
    each = "Each projection scaled to its own maximum."
    return f"{TYPICAL} {GREY} {each if scale == 'tile' else 'Projections of a unit scaled together.'}"


def _group(unit: AtlasUnit, found: Patches | None, scale: Scale = "tile") -> Group:
    heading = str(unit), "dead" if unit.stats.dead else number(unit.stats.maximum)
    strongest, typical = unit.examples[:NINE], unit.typical
    if not (strongest or typical):
        return Group((Tile(note="no finite value on any picture"),), 1, *heading)
    if found is None:
        return Group(_kept(unit, strongest, typical), 1, *heading)
    return Group(patch_groups(found, typical, scale), 2, *heading)


def _kept(unit: AtlasUnit, strongest: Sequence[Example], typical: Sequence[Example]) -> tuple[Group, ...]:
    """Return the patches as the atlas holds them."""
    above, below = (tuple(map(_tile, map(unit.patch, examples))) for examples in (strongest, typical))
    headers = tuple(f"{percent(example)}: {number(example.value)}" for example in typical)
    parts = Group(above, 3), Group(below, 3, column_headers=headers)
    return tuple(part for part in parts if part.tiles)


def _tile(patch: Image.Image | None) -> Tile:
    return Tile(patch, note="" if patch else "no picture kept")
