"""Does the picture show this unit, or would it look much the same for any other?

Pictures made by sending signals back partly redraw the image whatever the unit (Nie, Zhang & Patel 2018), and their
structure comes from the switches (Mahendran & Vedaldi 2016). So each picture is compared with those of other active
units at the same place of the same image, and these differences with three others: between random signals through the
same switches, between the same signal through the switches of two images, and between units with `fill`, which has no
switches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import Compared, dead, mean, nothing, two
from phosphene.evidence.phrases import counted
from phosphene.evidence.sights import Sent, Sights, send
from phosphene.evidence.similarity import cosine, ssim
from phosphene.network import Unit
from phosphene.project.rules import Way

SAME = 1e-6  # a difference that is only rounding
LOW = 0.3  # a difference below which two pictures look much the same
IMAGE_NOT_UNIT = "this picture would look much the same for any unit: it shows the image, not the unit"


@dataclass(frozen=True)
class Difference:
    """One minus the similarity of two pictures, (N,) each: 0 the same, 1 nothing in common; NaN not measured."""

    cosine: Floats
    ssim: Floats


@dataclass(frozen=True)
class Specificity:
    """How different a unit's pictures are from other pictures of the same places.

    Attributes:
        unit: the unit.
        way: how pictures were made.
        value: (N,) the unit's activation; NaN where it is not active.
        units: from those of other active units, the mean over them: the unit-specificity.
        random: between pictures of two random signals in all units at that place.
        images: between the same signal through the switches of its image and of another, at the same place.
        fill: as ``units``, with un-pooling by `fill`.
        unpooled: between the unit's own pictures by ``way`` and by `fill`.
    """

    unit: Unit
    way: Way
    value: Floats
    units: Difference
    random: Difference
    images: Difference
    fill: Difference
    unpooled: Difference

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The unit-specificity by cosine, by structural similarity, and with `fill`."""
        return _findings(self)


def specificity(sights: Sights, way: Way | None = None) -> tuple[Specificity, ...]:
    """Compare each unit's pictures at its strongest places with others of those places."""
    way = way or Way()
    own, filled = sights.pictures(way), sights.pictures(Way(way.rule, "fill"))
    noise = _noise(sights, way)
    measured = [
        _from_others(sights, own),
        _difference(sights, noise[0], noise[1]),
        _difference(sights, own.own, _through_another(sights, way)),
        _from_others(sights, filled),
        _difference(sights, own.own, filled.own),
    ]
    value = sights.by_unit(sights.value).numpy()
    return tuple(
        Specificity(unit, way, value[u], *(_of_unit(difference, u) for difference in measured))
        for u, unit in enumerate(sights.units)
    )


def _of_unit(difference: Difference, unit: int) -> Difference:
    return Difference(difference.cosine[unit], difference.ssim[unit])


def _difference(sights: Sights, a: Tensor, b: Tensor) -> Difference:
    """Compare pictures (P, C, h, w) one by one; each result is (U, N)."""
    alike = cosine(a, b), ssim(a, b, sights.frames.field)
    return Difference(*(sights.by_unit(1 - values).numpy() for values in alike))


def _from_others(sights: Sights, sent: Sent) -> Difference:
    many = sent.others.shape[1]
    field = sights.frames.field.repeat_interleave(many, 0)
    pairs = sent.own.repeat_interleave(many, 0), sent.others.flatten(0, 1)
    alike = cosine(*pairs), ssim(*pairs, field)
    return Difference(*(sights.by_unit((1 - v).reshape(-1, many).nanmean(1)).numpy() for v in alike))


def _noise(sights: Sights, way: Way) -> tuple[Tensor, Tensor]:
    """Send random signals, drawn from a normal distribution for every unit at the place, back: two for each sight."""
    shape = (2 * len(sights.row), sights.beside.shape[1])
    signal = torch.randn(shape, generator=sights.generator()).to(sights.images)
    crops, place = sights.crops.repeat(2, 1, 1, 1), sights.frames.place.repeat(2, 1)
    sent = send(sights.net, sights.layer.name, crops, signal, place, way)
    first, second = sent.chunk(2)
    return first, second


def _through_another(sights: Sights, way: Way) -> Tensor:
    """Send each unit's signal back at the same place of another of the images (the same one if there is only one)."""
    images = len(sights.images)
    step = torch.randint(1, max(images, 2), sights.row.shape, generator=sights.generator())
    crops = sights.frames.cut(sights.images, (sights.row + step.to(sights.row)) % images)
    signal = sights.vectors(sights.channel, sights.value)
    return send(sights.net, sights.layer.name, crops, signal, sights.frames.place, way)


# -- in words ----------------------------------------------------------------------------------------------------

_NAMES = ("specificity", "specificity ssim", "specificity fill")


def _findings(found: Specificity) -> tuple[Finding, ...]:
    if np.isnan(found.value).all():
        return tuple(dead(name, found.unit, len(found.units.cosine)) for name in _NAMES)
    if np.isnan(found.units.cosine).all() or np.isnan(found.units.ssim).all():
        sentence = f"No other unit is active where {found.unit} is, or there is too little of a picture to compare."
        return tuple(nothing(name, sentence, "nothing to compare with") for name in _NAMES)
    way = f"{found.way.rule}, {found.way.unpool}"
    return (
        _finding(_NAMES[0], found, way, (found.units.cosine, found.random.cosine, found.images.cosine)),
        _finding(_NAMES[1], found, f"{way}, by SSIM", (found.units.ssim, found.random.ssim, found.images.ssim)),
        _filled(found),
    )


def _finding(question: str, found: Specificity, way: str, values: tuple[Floats, Floats, Floats]) -> Finding:
    units, random, images = values
    compared = Compared(units, images, "the same signal through another image's switches")
    sentence = (
        f"Pictures of {found.unit} ({way}) differ from those of other active units at the same place by "
        f"{two(mean(units))} (0: the same, 1: nothing in common; {counted(len(units), 'picture')}); those of random "
        f"signals at that place differ by {two(mean(random))}, {_images(found, images)}."
    )
    return compared.finding(question, sentence, _doubt(compared))


def _images(found: Specificity, images: Floats) -> str:
    if mean(np.abs(found.unpooled.cosine)) < SAME:
        return "and there are no switches on the way, so the image has no part in it"
    return f"those of the same signal through another image's switches by {two(mean(images))}"


def _doubt(compared: Compared) -> str:
    if mean(compared.value) < LOW:
        return IMAGE_NOT_UNIT
    if compared.is_below:
        return "the picture changes more with the image than with the unit"
    return ""


def _filled(found: Specificity) -> Finding:
    compared = Compared(found.fill.cosine, found.units.cosine, f"the same with {found.way.unpool}")
    sentence = (
        f"With fill, pictures of {found.unit} differ from those of other active units by {two(mean(compared.value))}, "
        f"with {found.way.unpool} by {two(mean(compared.baseline))}; the unit's own two pictures differ by "
        f"{two(mean(found.unpooled.cosine))}."
    )
    return compared.finding(_NAMES[2], sentence, IMAGE_NOT_UNIT if mean(compared.value) < LOW else "")
