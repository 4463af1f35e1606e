"""Is it the frog or the black background? Every such picture among the strongest of any unit, decided.

A case is a unit of either layer and one of its sixteen strongest pictures that shows a frog, more than half of whose
outermost three pixels are nearly black (L* below 20). The box around the frog is found by rule, too: the rows and the
columns between which 90 % of the pixels that are not nearly black lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from phosphene.atlas.records import Example
from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.evidence.box import VERDICTS, Box, Boxed, box
from phosphene.evidence.sights import Sights, responses, sight
from phosphene.network import Unit
from phosphene.project import project
from phosphene.project.picture import input_pictures
from phosphene.scan.seen import Planes
from phosphene.sheets.figures import projected
from scripts.blogs_questions.ground import LAYERS, Ground, row

DARK, RIM, MOST = 20.0, 3, 0.5
INSIDE = (0.05, 0.95)
HALF = 0.5
LARGE, TILE = 4, 62.0
MASK_VERDICTS = {
    (True, False): "black",
    (False, True): "not black",
    (True, True): "either",
    (False, False): "both",
}


@dataclass(frozen=True)
class Case:
    """A unit's strongest place in a picture of a frog, and what decides it.

    Attributes:
        name: of the picture.
        boxed: the frog's box alone and hidden.
        black: (H, W) which pixels are nearly black.
        seen: which part of what the place sees is nearly black.
        kept: the median parts of the activation that are left with only the black, and with only the rest.
    """

    unit: Unit
    example: Example
    name: str
    inputs: Tensor
    boxed: Boxed
    black: NDArray[np.bool_]
    seen: float
    kept: tuple[float, float]

    @property
    def verdict(self) -> str:
        """What decides it, pixel by pixel instead of box by box."""
        return MASK_VERDICTS[self.kept[0] >= HALF, self.kept[1] >= HALF]


def answer(ground: Ground) -> list[str]:
    """Draw all cases, and return what decided them."""
    found = list(cases(ground))
    ground.save(_sheet(ground, found), "blog-frogs")
    rows = [row(("unit", "picture", "box", "frog's box", "box alone", "box hidden", "any box", "pixels", "black alone",
                 "rest alone", "black seen")), row(("---",) * 11)]  # fmt: skip
    return [*rows, *map(_row, found), "", *_counts(found), *(f"- {c.boxed.finding.sentence} {c.boxed.finding.caution}"
                                                            for c in found)]  # fmt: skip


def cases(ground: Ground) -> Iterator[Case]:
    """Yield every case, layer by layer, unit by unit."""
    for unit in (unit for layer in LAYERS for unit in ground.units(layer)):
        for example in unit.examples:
            named = ground.atlas.images[example.image]
            if named.label == "frog":
                inputs = ground.net.prepare(ground.images[example.image].open())
                black = nearly_black(ground.net.scale.to_picture(inputs))
                if rim(black).mean() > MOST:
                    yield _case(ground, Unit(unit.layer.name, unit.index), example, named.name, inputs, black)


def nearly_black(pictures: Tensor) -> NDArray[np.bool_]:
    """Return which pixels of a picture (1, 3, H, W) are nearly black, (H, W)."""
    sums = Planes.of(pictures).sums[0, ..., 0]
    return np.diff(np.diff(sums, axis=0), axis=1) < DARK


def rim(picture: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the outermost pixels, in one row."""
    outer = np.ones_like(picture)
    outer[RIM:-RIM, RIM:-RIM] = False
    return picture[outer]


def box_of(black: NDArray[np.bool_]) -> Box:
    """Return x0, y0, x1, y1 around what is not nearly black, the ends excluded."""
    y, x = np.nonzero(~black)
    (x0, x1), (y0, y1) = (np.quantile(places, INSIDE).round().astype(int).tolist() for places in (x, y))
    return x0, y0, x1 + 1, y1 + 1


def _case(ground: Ground, unit: Unit, example: Example, name: str, inputs: Tensor, black: NDArray[np.bool_]) -> Case:
    sights = sight(ground.net, [unit], inputs)
    x0, y0, x1, y1 = (round(edge) for edge in example.box)
    boxed = box(sights, box_of(black))[0]
    kept = _kept(sights, torch.from_numpy(black)), _kept(sights, torch.from_numpy(~black))
    return Case(unit, example, name, inputs, boxed, black, float(black[y0:y1, x0:x1].mean()), kept)


def _kept(sights: Sights, mask: Tensor) -> float:
    """Return the median part of the activation that is left if pixels outside a mask are filled, in three ways."""
    picture = sights.images[:1]
    fills = (
        picture.mean((2, 3), keepdim=True),
        sights.net.scale.to_inputs(torch.full_like(picture[:, :, :1, :1], 0.5)),
        (picture * mask).sum((2, 3), keepdim=True) / mask.sum(),
    )
    inputs = torch.cat([torch.where(mask, picture, fill) for fill in fills])
    many = len(inputs)
    found = responses(sights.net, sights.layer.name, inputs, sights.channel.repeat(many), sights.place.repeat(many, 1))
    return float((found / sights.value).median())


# -- shown -------------------------------------------------------------------------------------------------------------


def _row(case: Case) -> str:
    boxed = case.boxed
    corners = ",".join(map(str, boxed.box))
    shares = (np.median(boxed.alone), np.median(boxed.hidden), boxed.finding.baseline or 0.0)
    pixels = (*case.kept, case.seen)
    two = [[f"{value:.2f}" for value in values] for values in (shares, pixels)]
    return row((case.unit, case.name, corners, boxed.verdict, *two[0], case.verdict, *two[1]))


def _counts(found: Sequence[Case]) -> list[str]:
    lines = []
    for layer in LAYERS:
        own = [case for case in found if case.unit.layer == layer]
        boxes, pixels = (Counter(verdicts) for verdicts in ([c.boxed.verdict for c in own], [c.verdict for c in own]))
        lines += [f"- {layer}: {len(own)} cases; by the box {dict(boxes)}; by pixels {dict(pixels)}"]
    return [*lines, f"- verdicts there are: {list(VERDICTS.values())}"]


def _sheet(ground: Ground, found: Sequence[Case]) -> Sheet:
    groups = [_group(ground, case) for case in found]
    note = "White: the box around the frog. Yellow: what the strongest place sees. Zero is mid-grey in projections, "
    note += "each scaled to its own maximum. Below: what decides it, by the box, and pixel by pixel."
    return Sheet(groups, 4, "cifar · frogs on black among the strongest pictures of a unit", note, tile_size=TILE)


def _group(ground: Ground, case: Case) -> Group:
    sent = project(ground.net, case.inputs, case.unit)
    shown, _ = projected(sent.pixels[0], "tile")
    verdicts = {"what is in the box": "the frog’s", "what is around the box": "around", "both parts together": "both"}
    box_says = verdicts.get(case.boxed.verdict, case.boxed.verdict)
    tiles = (
        Tile(_marked(input_pictures(sent.inputs)[0], case), captions=(f"box: {box_says}",)),
        Tile(shown[0], captions=(f"pixels: {case.verdict}",), around_grey=True),
    )
    return Group(tiles, 2, str(case.unit), case.name.removeprefix("train/").removesuffix(".jpg"))


def _marked(picture: Image.Image, case: Case) -> Image.Image:
    """Draw the frog's box and the field into the enlarged picture."""
    large = picture.resize((picture.width * LARGE, picture.height * LARGE), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(large)
    for (x0, y0, x1, y1), colour in ((case.boxed.box, "white"), (case.example.box, "yellow")):
        pen.rectangle((x0 * LARGE, y0 * LARGE, x1 * LARGE - 1, y1 * LARGE - 1), outline=colour)
    return large
