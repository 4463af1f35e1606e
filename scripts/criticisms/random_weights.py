"""Part 1: without any training, switches redraw the picture's edges. Fill does not."""

from __future__ import annotations

import torch

import phosphene as ph
from phosphene.draw.sheet import Group, Sheet
from phosphene.evidence.sights import sight
from phosphene.evidence.specificity import Specificity, specificity
from phosphene.network import Network, Unit
from phosphene.project.rules import Unpool
from scripts.criticisms import common
from scripts.criticisms.common import SCALE, Part, likeness, lively, mean, photographs, two, untrained

LAYERS = {"cifar-deep": "relu5", "cifar": "pool2"}
UNITS, WINDOWS, DRAWN = 6, 5, 3
UNPOOLS: tuple[Unpool, Unpool] = ("switches", "fill")
HEADINGS = (
    "network", "weights", "edges, switches", "edges, fill", "another picture's edges", "specificity, switches",
    "random signals", "another picture's switches", "specificity, fill",
)  # fmt: skip


def part() -> Part:
    """Compare two networks, untrained and trained."""
    rows = [
        _row(name, weights, net, layer)
        for name, layer in LAYERS.items()
        for weights, net in (("random", untrained(name)), ("trained", ph.load(name)))
    ]
    return Part("untrained", {"untrained": sheet()}, (HEADINGS, *rows))


def sheet(name: str = "cifar-deep") -> Sheet:
    """Show units of an untrained and of the trained network on whole photographs, by both ways of un-pooling."""
    groups = [
        _group(weights, net, LAYERS[name], unpool)
        for weights, net in (("random weights", untrained(name)), ("trained", ph.load(name)))
        for unpool in UNPOOLS
    ]
    title = f"{name} · {LAYERS[name]} · three units drawn by lot, with random weights and trained"
    subtitle = "Each photograph, then what stands behind the whole map of each unit (deconvnet)"
    return Sheet(groups, 2, title, SCALE, subtitle)


def _group(weights: str, net: Network, layer: str, unpool: Unpool) -> Group:
    x = photographs(net)
    units = lively(net, layer, x, DRAWN)
    sent = ph.project(net, x, units, unpool=unpool)
    rows = zip(common.shown(net, x), sent.pixels.transpose(0, 1), strict=True)
    tiles = [tile for photo, row in rows for tile in (photo, *common.drawn(row))]
    heads = ("photograph", *(f"unit {unit.index}" for unit in units))
    return Group(tuple(tiles), 1 + DRAWN, f"{weights} · {unpool}", column_headers=heads)


def _row(name: str, weights: str, net: Network, layer: str) -> tuple[str, ...]:
    x = net.prepare(common.windows(WINDOWS))
    units = lively(net, layer, x, UNITS)
    found = specificity(sight(net, units, x))
    lines = common.fine_lines(net, x)
    own, filled = (_edges(net, x, units, lines, unpool) for unpool in UNPOOLS)
    others = _edges(net, x, units, lines.roll(1, 0), "switches")
    figures = (own, filled, others, *(_difference(found, kind) for kind in ("units", "random", "images", "fill")))
    return (f"`{name}`, `{layer}`", weights, *map(two, figures))


def _edges(net: Network, x: torch.Tensor, units: list[Unit], lines: torch.Tensor, unpool: Unpool) -> float:
    sent = ph.project(net, x, units, unpool=unpool).pixels.sum(2, keepdim=True)
    return likeness(sent.flatten(0, 1), lines.repeat(len(units), 1, 1, 1))


def _difference(found: tuple[Specificity, ...], kind: str) -> float:
    return mean([getattr(each, kind).cosine for each in found])
