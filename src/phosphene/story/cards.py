"""A chapter of the story: how far the pictures of the blog's two units, and of a deep one, can be trusted."""

from __future__ import annotations

from phosphene.atlas.reading import Atlas
from phosphene.evidence.card import cards as cards_of
from phosphene.evidence.filling import keep
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Network
from phosphene.story.choice import drawn_units
from phosphene.story.explorer import explorers
from phosphene.story.findings import Findings, Measured
from phosphene.story.first import SEVENTH
from phosphene.story.second import NINTH
from phosphene.story.section import Section, ShownCard

EXAMPLES = 4
"""Of each unit's strongest pictures so many are looked at."""


def measured(found: Findings) -> tuple[Measured, ...]:
    """Measure the cards of three units: the blog's two, and one of the deepest layer, drawn by lot."""
    first, second = found.first, found.second
    layer, peaks = list(found.deep_peaks.items())[-1]
    return (
        _measured(found, found.net, found.atlas, first.name, min(SEVENTH, first.peaks.units - 1)),
        _measured(found, found.net, found.atlas, second.name, min(NINTH, second.peaks.units - 1)),
        _measured(found, found.deep, found.deep_atlas, layer, (drawn_units(peaks, 1, found.seed) or [0])[0]),
    )


def keep_cards(found: Findings) -> None:
    """Keep the cards in the atlases, so that they can be asked for, and stand in the explorer."""
    for atlas in (found.atlas, found.deep_atlas):
        own = [(each.unit, each.card) for each in found.cards if each.atlas is atlas]
        keep(atlas.path, own, EXAMPLES, found.seed)


def cards_section(found: Findings) -> Section:
    """State for three units what was measured of them, each figure with its baseline."""
    said = (
        "The blog's pictures end in guesses. A unit's card measures instead: what it responds to, which pixels drive "
        "it, and whether its picture shows the unit or only the image it was made from. Every figure stands beside "
        "what it would be if there were nothing to it. Here are the cards of the blog's #7 and #9, and of a deep unit "
        "drawn by lot. Any other:"
    )
    command = f"phosphene explain {found.atlas.path.name} {found.second.name}:0 --images PICTURES"
    page = {explorer.atlas.path: explorer.unit for explorer in explorers(found)}
    told = tuple(
        ShownCard(each.card, page[each.atlas.path](each.unit.layer.name, each.unit.index)) for each in found.cards
    )
    return Section("cards", "Three cards: what was measured of a unit", (said,), commands=(command,), cards=told)


def _measured(found: Findings, net: Network, atlas: Atlas, layer: str, index: int) -> Measured:
    unit, pictures = atlas.unit(layer, index), ScannedPictures(atlas, found.material.images)
    return Measured(atlas, unit, cards_of(net, pictures, [unit], examples=EXAMPLES, seed=found.seed)[0])
