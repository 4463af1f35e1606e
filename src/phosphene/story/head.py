"""The page's head and foot, and the same figures for machines."""

from __future__ import annotations

from phosphene import bundled
from phosphene.story.explorer import explorers
from phosphene.story.findings import Findings, LayerFacts
from phosphene.story.page import Fact, Head
from phosphene.story.scanned import dead_units
from phosphene.story.words import counted

TITLE = "What is each feature looking for?"


def head_of(found: Findings) -> Head:
    """Return title, lead, facts and foot."""
    material = found.material
    total = sum(layer.units for layer in found.deep_atlas.layers)
    lead = (
        f"Two trained networks look at {counted(len(material), 'picture')}. Of all that a layer says one feature is "
        "kept and sent back to pixels, by deconvnet (Zeiler & Fergus 2013), as a blog post once did on CIFAR-10. "
        "What comes out is shown here, beside numbers from the same run."
    )
    facts = (
        Fact(f"{len(material):,}", f"pictures of {material.name}"),
        Fact(str(found.first.peaks.units + found.second.peaks.units), f"units of {found.net.name}, in two layers"),
        Fact(f"{total:,}", f"units of {found.deep.name}, in {len(found.deep_atlas.layers)} layers"),
        *_accuracies(found),
        Fact(f"{found.first.likeness.mean:.2f}", f"mean |r| of two units in {found.first.name}"),
        Fact(f"{found.second.likeness.mean:.2f}", f"mean |r| of two units in {found.second.name}"),
        Fact(f"{found.unpooling.same:.2f}", "r of the two ways to un-pool"),
    )
    return Head(TITLE, lead, facts, tuple(_foot(found)), explorers(found))


def _accuracies(found: Findings) -> list[Fact]:
    names = [net.name for net in (found.net, found.deep) if net.name in bundled.names()]
    return [Fact(f"{100 * bundled.about(name).accuracy:.1f} %", f"test accuracy of {name}") for name in names]


def _foot(found: Findings) -> list[str]:
    material = found.material
    lines = [
        "Made by `phosphene demo`. Units are counted from 0. Colours: zero is mid-grey, brighter is more, darker less."
    ]
    if material.windows:
        lines.append(
            "A name such as “astronaut 12×” is a window of that photograph, which was made 12 times smaller first."
        )
    if len(material) + len(material.failures) < material.offered:
        lines.append(f"{len(material):,} of {material.offered:,} pictures were taken, by the hashes of their names.")
    sampled = len(found.first.peaks.value)
    if sampled < len(material):
        lines.append(f"How often a unit is active is said of {sampled:,} of them, likewise chosen.")
    if material.failures:
        first = material.failures[0]
        count = counted(len(material.failures), "picture")
        lines.append(f"{count} could not be read and were passed over; the first: {first.id} ({first.reason}).")
    return lines


def summary_of(found: Findings) -> dict[str, object]:
    """Return the page's figures for machines."""
    return {
        "network": found.net.name,
        "deep": found.deep.name,
        "images": {
            "name": found.material.name,
            "used": len(found.material),
            "offered": found.material.offered,
            "failures": [{"id": each.id, "reason": each.reason} for each in found.material.failures],
        },
        "layers": [_layer(layer, dead_units(found.atlas)[layer.name]) for layer in (found.first, found.second)],
        "unpooling": found.unpooling.__dict__,
        "deep_layers": {
            layer.name: {"units": layer.units, "dead": dead}
            for layer, dead in zip(found.deep_atlas.layers, dead_units(found.deep_atlas).values(), strict=True)
        },
        "atlases": [atlas.path.name for atlas in (found.atlas, found.deep_atlas)],
        "explorers": {explorer.net.name: explorer.page for explorer in explorers(found)},
        "seed": found.seed,
    }


def _layer(layer: LayerFacts, dead: int) -> dict[str, object]:
    return {
        "name": layer.name,
        "units": layer.peaks.units,
        "dead": dead,
        "mean_correlation": layer.likeness.mean,
        "effective_dimensions": layer.likeness.dimensions,
        "explained_by_colour": [round(each.colour, 4) for each in layer.tuning],
        "explained_by_all_that_is_visible": [round(each.visible, 4) for each in layer.tuning],
        "colour_correlations": [[round(r, 4) for r in each.r] for each in layer.tuning],
    }
