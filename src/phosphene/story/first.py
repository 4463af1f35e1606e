"""The chapters on the first layer: its filters, all units on one picture, one unit on many, the best for each."""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch
from PIL import Image

from phosphene.atlas.records import Example
from phosphene.network import Unit
from phosphene.scan.seen import COLOUR, Planes
from phosphene.story.choice import graded
from phosphene.story.findings import Findings
from phosphene.story.material import Material
from phosphene.story.measures import smoothness
from phosphene.story.peaks import answers
from phosphene.story.plate import Plate
from phosphene.story.plates import best_plate, filter_plate, first_weights, layer_plate, unit_plate
from phosphene.story.section import Section
from phosphene.story.words import accounted, active_on, counted, listed, signed, silent

SEVENTH = 6  # the blog counts from 1
SHOWN = 25


def filters_section(found: Findings) -> Section:
    """Show what the first convolution multiplies the picture with."""
    net = found.net
    plate = Plate(
        "filters",
        filter_plate(net),
        "",
        f"The {found.first.peaks.units} filters of the first convolution of {net.name}, enlarged, zero in mid-grey",
    )
    said = (
        "The first layer can be looked at directly: each unit multiplies the picture, place by place, with one small "
        "filter. In a trained network filters are smooth edges and patches of colour; an untrained one has noise. "
        f"Here neighbouring weights correlate at r = {smoothness(first_weights(net)):.2f} on average, in noise at 0.",
    )
    return Section("filters", "The filters", said, (plate,))


def everything_section(found: Findings) -> Section:
    """(a) All first-layer units on one picture."""
    image = found.hero
    name, layer = found.material.title(image), found.first.name
    silent = int((found.first.peaks.on(image) <= 0).sum())
    units = found.first.peaks.units
    like = found.first.likeness
    said = (
        f"One picture, {name}, goes in. Of the {units} maps that `{layer}` makes of it one is kept, the others are set "
        f"to zero, and it is sent back to pixels. {_silent(silent)} The picture is easy to recognise in most tiles: "
        "with no pooling on the way back, a map keeps every place it came from.",
        f"Over the whole set two units of this layer correlate at |r| = {like.mean:.2f} on average; the most alike, "
        f"{like.pair[0]} and {like.pair[1]}, at {signed(like.largest)}. That is as varied as {like.dimensions:.0f} "
        f"unrelated units would be.",
    )
    plate = Plate(
        "first-layer",
        layer_plate(found.net, layer, found.material.images[image], name),
        "",
        f"{units} projections of {name}, one for each unit of {layer}: edges and colours where they are in it",
    )
    return Section("first", "All first-layer units, one picture", said, (plate,), picture=True)


def _silent(count: int) -> str:
    return "All of them answer." if count == 0 else f"{counted(count, 'unit does', 'units do')} not answer to it."


def seventh_section(found: Findings) -> Section:
    """(b) One first-layer unit on many pictures."""
    layer = found.first
    unit = min(SEVENTH, layer.peaks.units - 1)
    images = graded(answers(layer.peaks, found.atlas.unit(layer.name, unit)), SHOWN)
    heading = f"One first-layer unit, many pictures: is {layer.name}:{unit} just a colour?"
    if not images:
        return Section("seven", heading, (silent(layer, unit, len(found.material)),))
    plate = Plate(
        "unit-seven",
        unit_plate(found.net, Unit(layer.name, unit), found.material, images, ("switches",)),
        f"Chosen so that the values fall in even steps. {active_on(layer, unit, len(found.material))} One scale for "
        "all, so that a weak answer looks weak.",
        f"{len(images)} pictures, each beside what {layer.name}:{unit} makes of it, strongest first and fading",
    )
    return Section("seven", heading, accounted(layer, unit, GREEN), (plate,))


GREEN = "it activates when green is present and “probably just captures the overall color”"


def best_section(found: Findings) -> Section:
    """(c) For each first-layer unit the picture that drives it most."""
    units = [found.atlas.unit(found.first.name, index) for index in range(found.first.peaks.units)]
    best = [unit.examples[0] for unit in units if unit.examples]
    light = [_lightness(unit.patch(unit.examples[0])) for unit in units if unit.examples]
    plate = Plate(
        "best-of-all",
        best_plate(found.net, found.material, best),
        "",
        f"For each of {len(best)} units the picture that drives it most, and its projection",
    )
    return Section("best", "What drives each unit most", _best_said(found.material, best, light), (plate,))


def _best_said(material: Material, best: list[Example], light: list[float]) -> tuple[str, ...]:
    dark, bright = (sum(value < DARK for value in light), sum(value > BRIGHT for value in light))
    times = Counter(one.image for one in best)
    said = (
        f"All {len(material):,} pictures were tried on every unit. The {len(best)} first places go to "
        f"{counted(len(times), 'picture')}{_sources(material, best)}.",
        "The blog found one frog that drove two features most, and guessed that it was the black background. So: what "
        f"does each unit see at its peak? Of the {len(best)} places {dark} are dark (lightness under {DARK} of 100) "
        f"and {bright} bright (over {BRIGHT}).",
    )
    image, count = times.most_common(1)[0]
    places = listed(
        [f"{value:.0f} for unit {one.unit}" for one, value in zip(best, light, strict=True) if one.image == image]
    )
    shared = f"One picture, {material.title(image)}, comes first for {count} units; lightness at their peaks: {places}."
    return (*said, shared) if count > 1 else said


def _sources(material: Material, best: list[Example]) -> str:
    if not material.windows:
        return ""
    sources = Counter(material.origin(one.image) for one in best)
    return ", most often windows of " + listed([f"{name} ({count})" for name, count in sources.most_common(3)])


DARK, BRIGHT = 30, 70


def _lightness(patch: Image.Image | None) -> float:
    """Return the mean lightness (0..100) of what a unit sees; NaN where the atlas holds no copy of it."""
    if patch is None:
        return float("nan")
    pixels = torch.from_numpy(np.asarray(patch) / 255).permute(2, 0, 1)[None]
    return float(Planes.of(pixels).over(None, np.zeros((1, 1), np.int64), 1)[0, COLOUR.index("lightness")])
