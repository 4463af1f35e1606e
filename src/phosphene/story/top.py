"""What ``phosphene top`` draws: a unit's strongest patches and typical ones, beside their projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from phosphene.atlas.reading import Atlas
from phosphene.atlas.records import Example, ImageRow
from phosphene.atlas.unit import AtlasUnit
from phosphene.draw.scaling import Scale
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.errors import UsageError
from phosphene.network import Network, Unit
from phosphene.project import Rule, Unpool, project
from phosphene.project.picture import input_pictures
from phosphene.sources.images import ImageSet
from phosphene.story.figures import GREY, bare, clipped, number
from phosphene.story.patches import NINE, seen_parts

TYPICAL = 3


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
    source = _Pictures(atlas, projecting) if projecting else None
    groups = [_group(unit, projecting, source) for unit in units]
    across = columns or min(len(units), 3 if projecting is None else 2)
    return Sheet(groups, across, f"{atlas.manifest.network} · {atlas.manifest.images}", _note(projecting))


def _note(projecting: Projecting | None) -> str:
    rows = "Above the nine strongest pictures, below those at 10, 50 and 90 % of the unit's peaks."
    if projecting is None:
        return rows
    each = "Each projection scaled to its own maximum."
    return f"{rows} {GREY} {each if projecting.scale == 'tile' else 'Projections of a unit scaled together.'}"


def _group(unit: AtlasUnit, projecting: Projecting | None, source: _Pictures | None) -> Group:
    heading = str(unit), "dead" if unit.stats.dead else number(unit.stats.maximum)
    shown = unit.examples[:NINE], unit.typical[:TYPICAL]
    if not any(shown):
        return Group((Tile(note="no finite value on any picture"),), 1, *heading)
    parts: list[Tile | Group] = []
    for examples, captions in ((shown[0], False), (shown[1], True)):
        parts += _parts(unit, examples, captions, projecting, source) if examples else []
    return Group(tuple(parts), 1 if projecting is None else 2, *heading)


def _parts(
    unit: AtlasUnit, examples: Sequence[Example], typical: bool, projecting: Projecting | None, source: _Pictures | None
) -> list[Group]:
    """Return the patches, and their projections where there is a network."""
    said = [f"{example.rank} %" if typical else "" for example in examples]
    values = [number(example.value) if typical else "" for example in examples]
    if projecting is None or source is None:
        kept = [unit.patch(example) for example in examples]
        return [Group(tuple(map(_tile, kept, said, values)), 3)]
    pictures = [source.of(unit, example) for example in examples]
    sent = project(
        projecting.net,
        pictures,
        Unit(unit.layer.name, unit.index),
        rule=projecting.rule,
        unpool=projecting.unpool,
        position="peak",
    )
    patches, projections = seen_parts(projecting.net, unit.layer.name, sent)
    drawn, _ = clipped(projections, projecting.scale, 100.0)
    left = Group(tuple(map(_tile, input_pictures(patches), said, values)), 3)
    return [left, Group(bare(drawn), 3)]


def _tile(picture: Image.Image | None, label: str, value: str) -> Tile:
    return Tile(picture, label, value, note="" if picture else "no picture kept")


class _Pictures:
    """The scanned pictures themselves: from the image set, or the atlas's copies where these are whole."""

    def __init__(self, atlas: Atlas, projecting: Projecting) -> None:
        self._atlas = atlas
        given = projecting.images
        self._given = None if given is None else {picture.id: picture for picture in given}

    def of(self, unit: AtlasUnit, example: Example) -> Image.Image:
        row = unit.image(example)
        return self._kept(row) if self._given is None else self._found(row)

    def _found(self, row: ImageRow) -> Image.Image:
        assert self._given is not None
        if row.name not in self._given:
            raise UsageError(f"{row.name!r} is not among the images that were given; give the set that was scanned")
        return self._given[row.name].open()

    def _kept(self, row: ImageRow) -> Image.Image:
        kept = self._atlas.thumbnail(row.index)
        if kept is None or kept.size != (row.width, row.height):
            raise UsageError("the atlas does not hold its pictures whole; give the images that were scanned (--images)")
        return kept
