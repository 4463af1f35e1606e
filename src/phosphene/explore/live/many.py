"""One unit sent back in many pictures of the scan, a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from PIL import Image
from torch import Tensor

from phosphene.explore.live.bench import Bench
from phosphene.explore.live.cancelling import pieces
from phosphene.explore.live.sending import Sending, held, patches, reduced
from phosphene.explore.sprites import LARGEST
from phosphene.network import Unit
from phosphene.project.picture import input_pictures

AT_ONCE = 2**21
"""Values of input that go through the network between two looks whether anybody waits."""


@dataclass(frozen=True)
class Many:
    """What was sent back.

    Attributes:
        pictures: what the network sees, or what the place sees of it.
        projections: (N, C, h, w) the same part sent back, signed; `LARGEST` pixels a side at most.
        values: what was sent back of the unit.
        held: which operations have no rule of their own; empty where all have one.
    """

    pictures: list[Image.Image]
    projections: Tensor
    values: list[float]
    held: str = ""


def send_all(bench: Bench, sending: Sending, unit: Unit, images: Sequence[int], whole: bool = False) -> Many:
    """Send a unit back in pictures of the scan: in ``whole`` ones, or in patches of what the place sees.

    Raises:
        UsageError: a picture cannot be had.
        Cancelled: nobody waits any more.
    """
    shown: list[Image.Image] = []
    found: list[Tensor] = []
    values: list[float] = []
    words = ""
    for part in pieces(images, max(1, AT_ONCE // prod(bench.net.input_size)), bench.cancelled):
        inputs = torch.cat([bench.seeing.prepared(bench.pictures.open(image)) for image in part])
        sent = sending.back(inputs, [unit])
        picture, projection = (sent.inputs, sent.pixels[0]) if whole else patches(sent, bench.net)
        shown += input_pictures(picture.float())
        found.append(reduced(projection.float().cpu(), LARGEST))
        values += sent.activation[0].tolist()
        words = held(sent)
    return Many(shown, torch.cat(found) if found else torch.zeros(0, *bench.net.input_size), values, words)
