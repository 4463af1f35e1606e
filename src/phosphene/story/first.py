"""The chapters on the first layer: its filters, all units on one picture, one unit on many, the best for each."""

from __future__ import annotations

from collections import Counter
from functools import partial
from statistics import median

from phosphene.network import Unit
from phosphene.story.choice import graded, hero
from phosphene.story.findings import Findings, LayerFacts
from phosphene.story.plate import Plate
from phosphene.story.plates import best_sheet, filter_sheet, layer_sheet, unit_sheet
from phosphene.story.section import Section
from phosphene.story.words import colours, counted, listed, percent, side, signed, verdict

SEVENTH = 6  # the blog counts from 1
SHOWN = 25


def filters_section(found: Findings) -> Section:
    """Show what the first convolution multiplies the picture with."""
    net = found.net
    plate = Plate(
        "filters",
        partial(filter_sheet, net),
        "",
        f"The {found.first.peaks.units} filters of the first convolution of {net.name}, enlarged, zero in mid-grey",
    )
    said = (
        "The first layer can be looked at directly: each unit multiplies the picture, place by place, with one small "
        "filter. Smooth filters are a sign of a trained network; noise would be a sign of one that is not.",
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
        partial(layer_sheet, found.net, layer, found.material.inputs(found.net, [row]), name),
        "",
        f"{units} projections of {name}, one for each unit of {layer}: edges and patches of colour where they are in it",
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
    plate = Plate(
        "unit-seven",
        partial(unit_sheet, found.net, Unit(layer.name, unit), found.material, rows, ("switches",)),
        f"Chosen so that the values fall in even steps; the unit is active on {counted(int((peaks > 0).sum()), 'picture')} "
        f"of {len(peaks):,}. One scale for all, so that a weak answer looks weak.",
        f"{len(rows)} pictures, each beside what {layer.name}:{unit} makes of it, strongest first and fading",
    )
    return Section("seven", f"One first-layer unit, many pictures: is {layer.name}:{unit} just a colour?",
                   _explained(found, layer, unit, "green"), (plate,))


def _explained(found: Findings, layer: LayerFacts, unit: int, guess: str) -> tuple[str, ...]:
    own = layer.tuning[unit]
    shares = [each.share for each in layer.tuning]
    best = max(range(len(shares)), key=shares.__getitem__)
    return (
        f"Feature #{unit + 1} of the blog is unit {unit} here, in a network of our own training, so it is another "
        f"feature; the question stays. The blog said of its own: {guess}. We ask position by position: how does the "
        f"unit's value go along with the mean colour of what it sees there (CIELAB, Pearson's r)? "
        f"For `{layer.name}:{unit}`: {colours(own)}.",
        f"Its strongest tie is to {side(own.strongest, own.r[own.strongest])}; the three together explain "
        f"{percent(own.share)} of its variance, so it is {verdict(own.share)} a matter of plain colour. In the layer the "
        f"most is {percent(shares[best])} (unit {best}), the median {percent(median(shares))}. What is left is "
        "something a mean colour cannot say: an edge, a direction, a contrast.",
    )


def best_section(found: Findings) -> Section:
    """(c) For each first-layer unit the picture that drives it most."""
    peaks = found.first.peaks
    best = peaks.value.argmax(0).tolist()
    plate = Plate(
        "best-of-all",
        partial(best_sheet, found.net, found.first.name, found.material, best),
        "",
        f"For each of {peaks.units} units the picture that drives it most, and its projection",
    )
    return Section("best", "What drives each unit most", _best_said(found, best), (plate,))


def _best_said(found: Findings, best: list[int]) -> tuple[str, ...]:
    times = Counter(best)
    names = listed([f"{found.material.title(row)} ({count})" for row, count in times.most_common(3)])
    said = (
        f"All {len(found.material):,} pictures were tried on every unit. {counted(len(times), 'picture wins', 'pictures win')} "
        f"the {len(best)} first places, most often {names}."
    )
    return (said,)


__all__ = ["best_section", "everything_section", "filters_section", "seventh_section"]
