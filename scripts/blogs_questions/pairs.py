"""A unit's strongest and typical pictures, each beside the unit's projection, as the blog showed them."""

from __future__ import annotations

from collections.abc import Sequence

from phosphene.atlas.records import Example
from phosphene.atlas.unit import AtlasUnit
from phosphene.draw.sheet import Sheet
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Unit
from phosphene.project import project
from phosphene.project.picture import input_pictures
from phosphene.sheets.figures import beside, projected
from scripts.blogs_questions.ground import Ground

STRONGEST = 9
TILE = 46.0


def sheet(ground: Ground, unit: AtlasUnit, notes: Sequence[str] | None = None) -> Sheet:
    """Show a unit's strongest pictures, then those at 10, 50 and 90 % of its peaks, with its whole map sent back.

    ``notes`` stand above the strongest ones in place of their ranks.
    """
    examples = [*unit.examples[:STRONGEST], *unit.typical]
    labels = [*(notes or [f"{example.rank + 1}." for example in examples[:STRONGEST]]), *map(_typical, unit.typical)]
    opened = ScannedPictures(ground.atlas, ground.images)
    sent = project(ground.net, [opened.open(example.image) for example in examples], Unit(unit.layer.name, unit.index))
    shown, note = projected(sent.pixels[0], "tile")
    tiles = [
        beside(label, example.value, picture, projection)
        for label, example, picture, projection in zip(
            labels, examples, input_pictures(sent.inputs), shown, strict=True
        )
    ]
    title = f"{ground.net.name} · {unit} · its strongest pictures of {len(ground.images):,}, and typical ones"
    return Sheet(tiles, 4, title, f"{note} Right of each heading the unit's strongest value there.", tile_size=TILE)


def _typical(example: Example) -> str:
    return f"at {example.rank} %"
