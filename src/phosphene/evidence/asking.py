"""`explain`: one unit's card, on its strongest pictures or on one that is given."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.errors import UsageError
from phosphene.evidence.box import Box
from phosphene.evidence.card import Card, cards
from phosphene.evidence.pictures import ScannedPictures, image_set
from phosphene.network import Network
from phosphene.preprocessing import frame_of
from phosphene.scan.identity import same_network
from phosphene.sources.images import images as open_images


def explain(
    net: Network,
    atlas: Atlas,
    unit: str,
    *,
    images: object = None,
    image: str | Path | Image.Image | None = None,
    box: tuple[float, float, float, float] | None = None,
    examples: int | None = None,
    seed: int = 0,
) -> Card:
    """Measure what one unit responds to, and how far its pictures can be trusted.

    Args:
        net: the network that was scanned.
        atlas: the scan.
        unit: an address, such as ``"conv2:9"``.
        images: the image set that was scanned, or what `images` takes; None for the atlas's own copies, if whole.
        image: a picture to look at instead of the unit's strongest ones.
        box: (x0, y0, x1, y1) in that picture's pixels, or in those of the unit's strongest picture if none is given:
            does the unit answer to what is in it, or to what is around it?
        examples: how many of the unit's strongest pictures are looked at; None: nine, four of large ones.
        seed: of every random draw.

    Raises:
        UsageError: no such unit, another network than was scanned, pictures that cannot be had, an empty box.
    """
    same_network(net, atlas.manifest)
    found = atlas[unit]
    if not isinstance(found, AtlasUnit):
        raise UsageError(f"{unit!r} is a whole layer; name one unit of it, such as '{unit}:0'")
    pictures = ScannedPictures(atlas, image_set(images))
    shown = _shown(pictures, found, image, box)
    inputs = None if shown is None else net.prepare(shown)
    where = None if shown is None or box is None else _input_box(net, box, shown.size)
    return cards(net, pictures, [found], inputs, where, examples, seed)[0]


def _shown(
    pictures: ScannedPictures, unit: AtlasUnit, image: str | Path | Image.Image | None, box: object
) -> Image.Image | None:
    """Return the one picture that is looked at, or None for the strongest ones."""
    if isinstance(image, Image.Image):
        return image
    if image is not None:
        return open_images(image)[0].open()
    if box is None:
        return None
    if not unit.examples:
        raise UsageError(f"{unit} has no strongest picture that the box could be in; give an image")
    return pictures.open(unit.examples[0].image)


def _input_box(net: Network, box: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    height, width = net.input_size[1:]
    x0, y0, x1, y1 = frame_of(net.preprocess, size).input_box(box)
    inside = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise UsageError(
            f"the box {','.join(f'{edge:g}' for edge in box)} holds nothing of what the network sees of a picture of "
            f"{size[0]}x{size[1]}; give x0,y0,x1,y1 with x0 < x1 and y0 < y1"
        )
    return inside
