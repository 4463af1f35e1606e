"""What is wrong with a network's filters, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from phosphene.evidence.finding import Finding
from phosphene.evidence.phrases import counted, listed, percent
from phosphene.paper.filters_aliasing import Aliasing

if TYPE_CHECKING:
    from phosphene.paper.filters_network import Filters, LayerFilters

NAMED = 8  # filters that a sentence names one by one
FEW = 8  # pictures; on fewer, dead is not said without a caution
OPERATIONS = {"conv2d": "convolution", "max_pool2d": "max-pooling", "avg_pool2d": "average-pooling"}


def said(found: Filters) -> tuple[Finding, ...]:
    """Everything of the first layer, then of the others what stands out."""
    return tuple(_sentences(found))


def _sentences(found: Filters) -> Iterator[Finding]:
    for number, layer in enumerate(found.layers):
        first = number == 0
        if first or layer.dead.any():
            yield _dead(layer, found.pictures)
        if first:
            yield from (_too_large(layer), *_frequency(layer))
        if first or layer.duplicates:
            yield _duplicates(layer)
    for each in found.strided:
        yield _aliasing(each)
    if len(found.layers) > 1:
        yield _whole(found)


def _dead(layer: LayerFilters, pictures: int) -> Finding:
    which = np.flatnonzero(layer.dead).tolist()
    sentence = f"{_count(layer, which)} dead on {counted(pictures, 'picture')}{_named(which)}."
    caution = f"measured on {counted(pictures, 'picture')} only" if pictures < FEW and which else ""
    return Finding(f"dead {layer.layer}", len(which) / len(layer.weights), sentence, caution=caution)


def _too_large(layer: LayerFilters) -> Finding:
    which = np.flatnonzero(layer.beyond).tolist()
    verb = "exceeds" if len(which) == 1 else "exceed"
    largest = int(layer.rms.argmax())
    sentence = (
        f"{len(which)} of {counted(len(layer.weights), 'filter')} of {layer.layer} {verb} the paper's radius of "
        f"{layer.radius:g} for a filter's RMS{_named(which)}; the largest, filter {largest}, has "
        f"{layer.rms[largest]:.2g}, {layer.dominance:.1f} times the median."
    )
    if layer.paper_rms is not None:
        many = int((layer.paper_rms > layer.radius).sum())
        size = f"{layer.paper_rms.max():.2g}"
        sentence += f" For inputs of -128 to 128, as the paper's, {many} would (the largest {size})."
    return Finding(f"rms {layer.layer}", layer.dominance, sentence, baseline=1.0, compared_with="all of one size")


def _frequency(layer: LayerFilters) -> Iterator[Finding]:
    low, middle, high = (float(share) for share in layer.energy)
    if np.isfinite(low):
        sentence = (
            f"Of the energy of {layer.layer}'s filters {percent(low)} lies in low spatial frequencies, "
            f"{percent(middle)} in middle and {percent(high)} in high ones."
        )
        yield Finding(f"middle frequencies {layer.layer}", middle, sentence)


def _duplicates(layer: LayerFilters) -> Finding:
    pairs = layer.duplicates
    shown = [f"{pair.first} and {pair.second} ({pair.kind})" for pair in pairs[:NAMED]]
    more = f" and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
    what = f": {listed(shown) if not more else ', '.join(shown)}{more}" if pairs else ""
    many, verb = counted(len(pairs), "pair") if pairs else "No pairs", "is" if len(pairs) == 1 else "are"
    sentence = f"{many} of {layer.layer}'s filters {verb} the same up to a factor{what}."
    caution = ""
    if layer.by_chance >= 1:
        caution = f"filters of so few weights at random would have about {layer.by_chance:.0f} such pairs"
    return Finding(
        f"duplicates {layer.layer}", float(len(pairs)), sentence, layer.by_chance, "random directions", caution=caution
    )


def _aliasing(found: Aliasing) -> Finding:
    down, across = found.stride
    stride = f"{down}" if down == across else f"{down}x{across}"
    share = f"{percent(found.mean)} of the energy" if np.isfinite(found.mean) else "nothing that was measured"
    interval = found.interval
    between = f" (95 %: {percent(interval.low)} to {percent(interval.high)})" if interval else ""
    sentence = f"Stride {stride} of the {OPERATIONS[found.kind]} {found.layer} aliases {share}{between}."
    return Finding(
        f"aliasing {found.layer}", found.mean, sentence, found.of_noise, "an output of white noise", interval=interval
    )


def _whole(found: Filters) -> Finding:
    filters = sum(len(layer.weights) for layer in found.layers)
    dead = sum(int(layer.dead.sum()) for layer in found.layers)
    beyond = sum(int(layer.beyond.sum()) for layer in found.layers)
    pairs = sum(len(layer.duplicates) for layer in found.layers)
    sentence = (
        f"In all {counted(len(found.layers), 'convolution')}: {dead:,} of {counted(filters, 'filter')} dead, "
        f"{beyond:,} beyond the radius, {counted(pairs, 'pair')} of duplicates."
    )
    return Finding("filters in all", dead / filters, sentence)


def _count(layer: LayerFilters, which: list[int]) -> str:
    verb = "is" if len(which) == 1 else "are"
    return f"{len(which)} of {counted(len(layer.weights), 'filter')} of {layer.layer} {verb}"


def _named(which: Iterable[int]) -> str:
    numbers = list(map(str, which))
    return f" ({', '.join(numbers)})" if 0 < len(numbers) <= NAMED else ""
