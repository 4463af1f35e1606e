"""Part 3: weights are re-drawn from the top; guided pictures hardly notice the first of it."""

from __future__ import annotations

import copy

import torch

import phosphene as ph
from phosphene.draw.lines import Panel, Series, curves
from phosphene.draw.plot import Plot
from phosphene.draw.sheet import Sheet
from phosphene.evidence.learned import Learned, learned
from phosphene.evidence.redrawn import redrawn, weighted_layers
from phosphene.evidence.sights import send, sight
from phosphene.network import Network, Unit
from phosphene.project.rules import RULES, Way
from scripts.criticisms import common
from scripts.criticisms.common import SCALE, SEED, Part, lively, mean, photographs, shown, two, windows

LAYER, UNITS, WINDOWS = "conv7", 4, 4  # before its ReLU, which with other weights is often closed
PICTURED, DRAWN = 1, 24  # which of the photographs, and of how many units one is shown
STOPS = (0, 1, 3, 5, 7, 9, 11, 13)  # how many modules are re-drawn in the pictures
HEADINGS = ("rule", "the top module alone", "the upper half", "everything", "baseline: other units, trained")


def part() -> Part:
    """Measure three rules on the trained network, and show one unit along the way."""
    net = ph.load("cifar-deep")
    x = net.prepare(windows(WINDOWS))
    sights = sight(net, lively(net, LAYER, x, UNITS), x, SEED)
    depth = len(weighted_layers(net, LAYER, x[:1]))
    found = {rule: learned(sights, Way(rule), draws=1, steps=depth) for rule in RULES}  # type: ignore[arg-type]
    figures = {"cascade": plot(found), "cascade-pictures": sheet(net, _in_the_middle(net))}
    return Part("cascade", figures, (HEADINGS, *(_row(rule, each) for rule, each in found.items())))


def _in_the_middle(net: Network) -> Unit:
    """Return, of units drawn by lot, the one whose peak in the photograph lies nearest to its middle."""
    x = photographs(net)[PICTURED : PICTURED + 1]
    units = lively(net, LAYER, x, DRAWN)
    height, width = net.record(x, LAYER)[LAYER].shape[2:]
    middle = torch.tensor([(height - 1) / 2, (width - 1) / 2])
    return units[int((sight(net, units, x).place - middle).norm(dim=1).argmin())]


def _curve(found: tuple[Learned, ...]) -> list[float]:
    return [mean([each.cosine[step] for each in found]) for step in range(len(found[0].layers))]


def plot(found: dict[str, tuple[Learned, ...]]) -> Plot:
    """Draw how alike pictures stay to those of the trained network."""
    lines = [Series(rule, _curve(each)) for rule, each in found.items()]
    panel = Panel("likeness (cosine) to the trained network's picture", lines)
    return curves([panel], None, "modules re-drawn, from the top down", f"cifar-deep · {LAYER} · weights re-drawn")


def _row(rule: str, found: tuple[Learned, ...]) -> tuple[str, ...]:
    curve = _curve(found)
    figures = (curve[0], curve[len(curve) // 2 - 1], curve[-1], mean([each.others for each in found]))
    return (f"`{rule}`", *map(two, figures))


def sheet(net: Network, unit: Unit) -> Sheet:
    """Show a unit on one photograph by each rule, more and more of the network re-drawn."""
    x = photographs(net)[PICTURED : PICTURED + 1]
    sights = sight(net, [unit], x, SEED)
    from_top = weighted_layers(net, LAYER, x)[::-1]
    model, generator = copy.deepcopy(net.model), sights.generator()
    rows: dict[str, list[torch.Tensor]] = {rule: [] for rule in RULES}
    signal = sights.vectors(sights.channel, sights.value)
    for count, name in enumerate([None, *from_top]):
        if name is not None:
            redrawn(model, name, "permuted", generator)
        if count in STOPS:
            drawn = sights.with_model(model)
            for rule, row in rows.items():
                way = Way(rule)  # type: ignore[arg-type]
                row.append(send(drawn.net, LAYER, sights.crops, signal, sights.frames.place, way))
    tiles = [tile for row in rows.values() for tile in (*shown(net, x), *common.drawn(torch.cat(row)))]
    heads = ("photograph", "trained", *(f"down to {from_top[count - 1]}" for count in STOPS[1:]))
    title = f"{net.name} · {unit} at its peak · weights re-drawn from the top down"
    note = f"{SCALE} Weights are the trained ones, shuffled within each module."
    return Sheet(tiles, len(heads), title, note, column_headers=heads, row_headers=tuple(rows))
