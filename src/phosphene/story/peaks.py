"""How strongly, and where, the units of a layer answer to the pictures of a scan."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit


@dataclass(frozen=True)
class Peaks:
    """The maximum of every unit's map over every picture of a scan's sample.

    Attributes:
        image: (N,) the pictures' numbers, rising.
        value: (N, U).
        place: (N, U) index into the map, row by row; the first one on ties.
        size: (H, W) of the maps.
        highest: (U,) the largest value on any picture, also of those that are not in the sample.
    """

    image: Tensor
    value: Tensor
    place: Tensor
    size: tuple[int, int]
    highest: Tensor

    @classmethod
    def of(cls, atlas: Atlas, layer: str) -> Peaks:
        """Read what an atlas holds of a layer."""
        names = ("sample_image", "sample_peak", "sample_place", "maximum")
        image, value, place, highest = (torch.from_numpy(atlas.array(layer, name)) for name in names)
        order = image.argsort()
        return cls(image[order], value[order], place[order], atlas.layer(layer).size, highest)

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return self.value.shape[1]

    @property
    def alive(self) -> Tensor:
        """(U,) whether the unit is above zero anywhere."""
        return self.highest > 0

    def position(self, row: int, unit: int) -> tuple[int, int]:
        """Return row and column of a peak in the map."""
        y, x = divmod(int(self.place[row, unit]), self.size[1])
        return y, x

    def on(self, image: int) -> Tensor:
        """(U,) The peaks on a picture of the sample."""
        return self.value[int((self.image == image).nonzero())]


@dataclass(frozen=True)
class Answer:
    """A unit's peak on a picture, which is known by its number."""

    image: int
    value: float


def answers(peaks: Peaks, unit: AtlasUnit) -> list[Answer]:
    """Return a unit's finite peaks, on the sample and on what drives it most; strongest first, then by number."""
    found = dict(zip(peaks.image.tolist(), peaks.value[:, unit.index].tolist(), strict=True))
    found |= {example.image: example.value for example in unit.examples}
    known = [Answer(image, value) for image, value in found.items() if abs(value) < float("inf")]
    return sorted(known, key=lambda answer: (-answer.value, answer.image))
