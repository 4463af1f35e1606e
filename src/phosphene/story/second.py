"""The chapters on the second layer: all units on one picture by both un-pools, one unit on many pictures."""

from __future__ import annotations

from phosphene.network import Unit
from phosphene.story.choice import graded
from phosphene.story.findings import Findings, LayerFacts
from phosphene.story.peaks import answers
from phosphene.story.plate import Plate
from phosphene.story.plates import UNPOOLS, unit_plate, unpool_plate
from phosphene.story.section import Section
from phosphene.story.words import accounted, active_on, percent, signed, silent

NINTH = 8  # the blog counts from 1
SHOWN = 24


def everything_section(found: Findings) -> Section:
    """(d) All second-layer units on one picture, un-pooled in both ways."""
    image, layer = found.hero, found.second
    name = found.material.title(image)
    silent = int((layer.peaks.on(image) <= 0).sum())
    plate = Plate(
        "second-layer",
        unpool_plate(found.net, layer.name, found.material.images[image], name),
        "",
        f"{layer.peaks.units} pairs of projections of {name}, one pair for each unit of {layer.name}; those by fill "
        "are blocky and soft, those by switches sharper",
    )
    heading = "All second-layer units, the same picture"
    return Section("second", heading, _everything_said(found, silent), (plate,), picture=True)


def _everything_said(found: Findings, silent: int) -> tuple[str, ...]:
    layer, ways = found.second, found.unpooling
    like, before = layer.likeness, found.first.likeness
    return (
        f"Between `{layer.name}` and the pixels lies a pooling, which kept one value of every four. `fill`, the blog's "
        "way back, gives that value to all four places; `switches`, the paper's, to the place it came from, which is "
        "remembered from the way forward. So by `switches` a projection knows things of the picture that the unit "
        f"does not. Over {ways.pictures} pictures the two agree, for the same unit, at r = {ways.same:.2f} (median).",
        f"{silent} of the {layer.peaks.units} units are silent on this picture. The blog hoped that features have "
        f"little to do with one another: here two units correlate at |r| = {like.mean:.2f} on average, against "
        f"{before.mean:.2f} in `{found.first.name}`; the most alike, {like.pair[0]} and {like.pair[1]}, at "
        f"{signed(like.largest)}. The layer is as varied as {like.dimensions:.0f} unrelated units would be.",
    )


def ninth_section(found: Findings) -> Section:
    """(e) One second-layer unit on many pictures, un-pooled in both ways."""
    layer = found.second
    unit = min(NINTH, layer.peaks.units - 1)
    images = graded(answers(layer.peaks, found.atlas.unit(layer.name, unit)), SHOWN)
    heading = f"One second-layer unit, many pictures: does {layer.name}:{unit} fire at dark places?"
    if not images:
        return Section("nine", heading, (silent(layer, unit, len(found.material)), _darkest(layer)))
    plate = Plate(
        "unit-nine",
        unit_plate(found.net, Unit(layer.name, unit), found.material, images, UNPOOLS),
        f"Chosen so that the values fall in even steps. {active_on(layer, unit, len(found.material))} One scale for "
        "each un-pooling.",
        f"{len(images)} pictures, each beside what {layer.name}:{unit} makes of it by fill and by switches, strongest "
        "first",
    )
    return Section("nine", heading, (*accounted(layer, unit, DARK), _darkest(layer)), (plate,))


DARK = "it fires at dark places, “but there are still outliers, so there is probably more to this feature”"


def _darkest(layer: LayerFacts) -> str:
    unit = min(range(len(layer.tuning)), key=lambda index: layer.tuning[index].r[0])
    own = layer.tuning[unit]
    return (
        f"The unit that comes nearest to “dark” in this layer is {unit}: lightness {signed(own.r[0])}; all three "
        f"colour axes together explain {percent(own.colour)} of it, and with contrast and edges "
        f"{percent(own.visible)}. Outliers are what is left."
    )
