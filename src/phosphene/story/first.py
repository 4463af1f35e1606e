"""The chapters on the first layer: its filters, all units on one picture, one unit on many, the best for each."""

from __future__ import annotations

from collections import Counter

from phosphene.network import Unit
from phosphene.story.choice import graded, hero
from phosphene.story.colour import lab, local_means
from phosphene.story.findings import Findings
from phosphene.story.measures import smoothness
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
    row = hero(found.material)
    name, layer = found.material.title(row), found.first.name
    silent = int((found.first.peaks.value[row] <= 0).sum())
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
        layer_plate(found.net, layer, found.material.inputs(found.net, [row]), name),
        "",
        f"{units} projections of {name}, one for each unit of {layer}: edges and colours where they are in it",
    )
    return Section("first", "All first-layer units, one picture", said, (plate,), picture=row)


def _silent(count: int) -> str:
    return "All of them answer." if count == 0 else f"{counted(count, 'unit does', 'units do')} not answer to it."


def seventh_section(found: Findings) -> Section:
    """(b) One first-layer unit on many pictures."""
    layer = found.first
    unit = min(SEVENTH, layer.peaks.units - 1)
    peaks = layer.peaks.value[:, unit]
    rows = graded(peaks, SHOWN)
    heading = f"One first-layer unit, many pictures: is {layer.name}:{unit} just a colour?"
    if not rows:
        return Section("seven", heading, (silent(layer, unit),))
    plate = Plate(
        "unit-seven",
        unit_plate(found.net, Unit(layer.name, unit), found.material, rows, ("switches",)),
        f"Chosen so that the values fall in even steps. {active_on(peaks)} One scale for all, so that a weak answer "
        "looks weak.",
        f"{len(rows)} pictures, each beside what {layer.name}:{unit} makes of it, strongest first and fading",
    )
    return Section("seven", heading, accounted(layer, unit, GREEN), (plate,))


GREEN = "it activates when green is present and “probably just captures the overall color”"


def best_section(found: Findings) -> Section:
    """(c) For each first-layer unit the picture that drives it most."""
    peaks = found.first.peaks
    best = peaks.value.argmax(0).tolist()
    plate = Plate(
        "best-of-all",
        best_plate(found.net, found.first.name, found.material, best),
        "",
        f"For each of {peaks.units} units the picture that drives it most, and its projection",
    )
    return Section("best", "What drives each unit most", _best_said(found, best), (plate,))


def _best_said(found: Findings, best: list[int]) -> tuple[str, ...]:
    light = _lightness(found, best)
    dark, bright = (sum(value < DARK for value in light), sum(value > BRIGHT for value in light))
    said = (
        f"All {len(found.material):,} pictures were tried on every unit. The {len(best)} first places go to "
        f"{counted(len(set(best)), 'picture')}{_sources(found, best)}.",
        "The blog found one frog that drove two features most, and guessed that it was the black background. So: what "
        f"does each unit see at its peak? Of the {len(best)} places {dark} are dark (lightness under {DARK} of 100) "
        f"and {bright} bright (over {BRIGHT}).",
    )
    row, count = Counter(best).most_common(1)[0]
    units = [unit for unit, winner in enumerate(best) if winner == row]
    places = listed([f"{light[unit]:.0f} for unit {unit}" for unit in units])
    shared = (
        f"One picture, {found.material.title(row)}, comes first for {count} units; lightness at their peaks: {places}."
    )
    return (*said, shared) if count > 1 else said


def _sources(found: Findings, best: list[int]) -> str:
    if not found.material.windows:
        return ""
    sources = Counter(found.material.origin(row) for row in best)
    return ", most often windows of " + listed([f"{name} ({count})" for name, count in sources.most_common(3)])


DARK, BRIGHT = 30, 70


def _lightness(found: Findings, best: list[int]) -> list[float]:
    """Return the mean lightness (0..100) of what each unit sees at its peak in its own best picture."""
    view = found.net.layer(found.first.name).view
    assert view is not None
    peaks = found.first.peaks
    means = local_means(lab(found.material.pixels[best])[:, :1], view, peaks.size)
    places = [peaks.position(row, unit) for unit, row in enumerate(best)]
    return [float(means[unit, 0, y, x]) for unit, (y, x) in enumerate(places)]
