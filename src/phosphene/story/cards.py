"""A chapter of the story: how far the pictures of the blog's two units, and of a deep one, can be trusted."""

from __future__ import annotations

from phosphene.atlas.reading import Atlas
from phosphene.evidence.card import Card, cards
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Network
from phosphene.story.choice import drawn_units
from phosphene.story.findings import Findings
from phosphene.story.first import SEVENTH
from phosphene.story.second import NINTH
from phosphene.story.section import Section

EXAMPLES = 4
"""Of each unit's strongest pictures so many are looked at."""


def cards_section(found: Findings) -> Section:
    """State for three units what was measured of them, each figure with its baseline."""
    first, second = found.first, found.second
    layer, peaks = list(found.deep_peaks.items())[-1]
    told = (
        _card(found, found.net, found.atlas, first.name, min(SEVENTH, first.peaks.units - 1)),
        _card(found, found.net, found.atlas, second.name, min(NINTH, second.peaks.units - 1)),
        _card(found, found.deep, found.deep_atlas, layer, (drawn_units(peaks, 1, found.seed) or [0])[0]),
    )
    said = (
        "The blog's pictures end in guesses. A unit's card measures instead: what it responds to, which pixels drive "
        "it, and whether its picture shows the unit or only the image it was made from. Every figure stands beside "
        "what it would be if there were nothing to it. Here are the cards of the blog's #7 and #9, and of a deep unit "
        "drawn by lot. Any other:"
    )
    command = f"phosphene explain {found.atlas.path.name} {second.name}:0 --images PICTURES"
    return Section("cards", "Three cards: what was measured of a unit", (said,), commands=(command,), cards=told)


def _card(found: Findings, net: Network, atlas: Atlas, layer: str, unit: int) -> Card:
    pictures = ScannedPictures(atlas, found.material.images)
    return cards(net, pictures, [atlas.unit(layer, unit)], examples=EXAMPLES, seed=found.seed)[0]
