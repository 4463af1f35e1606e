"""Part 2: the structure comes from the switches. The same signal goes back through the switches of other pictures."""

from __future__ import annotations

import torch
from torch import Tensor

import phosphene as ph
from phosphene.draw.sheet import Sheet, Tile
from phosphene.network import Network, Unit
from phosphene.project.rules import Unpool
from scripts.criticisms import common
from scripts.criticisms.common import SCALE, SEED, Part, fine_lines, likeness, lively, photographs, two, windows

LAYER, UNITS, WINDOWS = "relu5", 4, 6
OWN, ANOTHERS, EVEN, NOISE = "its own map", "its map on another picture", "1 everywhere", "random numbers in all units"
HEADINGS = ("what is sent back", "edges, switches", "baseline: another picture's edges, switches", "edges, fill")


def part() -> Part:
    """Send signals that know less and less of a picture back through its switches."""
    net = ph.load("cifar-deep")
    x = photographs(net)
    return Part("switches", {"switches": sheet(net, x, widest(net, x))}, (HEADINGS, *_rows(net)))


def widest(net: Network, x: Tensor) -> Unit:
    """Return the unit whose maps are spread the widest: the mean over the maximum."""
    maps = net.record(x, LAYER)[LAYER].flatten(2)
    return Unit(LAYER, int((maps.mean(2) / maps.amax(2).clamp(min=1e-6)).mean(0).argmax()))


def signals(net: Network, x: Tensor, unit: Unit, seed: int = SEED) -> dict[str, Tensor]:
    """Return what is sent back through the switches of each picture, (N, K, H, W)."""
    maps = net.record(x, LAYER)[LAYER]
    own, even = torch.zeros_like(maps), torch.zeros_like(maps)
    own[:, unit.index], even[:, unit.index] = maps[:, unit.index], 1
    noise = torch.randn(maps.shape[1:], generator=torch.Generator().manual_seed(seed)).expand_as(maps)
    return {OWN: own, ANOTHERS: own.roll(1, 0), EVEN: even, NOISE: noise}


def sent(net: Network, x: Tensor, signal: Tensor, unpool: Unpool = "switches") -> Tensor:
    """Send a signal (N, K, H, W) back: (N, C, H, W)."""
    return ph.project(net, x, LAYER, unpool=unpool, signal=signal).pixels[0]


def sheet(net: Network, x: Tensor, unit: Unit) -> Sheet:
    """Show each photograph above what comes back through its switches, and at the right through no switches."""
    found = signals(net, x, unit)
    found[ANOTHERS] = found[OWN][:1].expand_as(found[OWN])
    names = {OWN: f"{unit}: its own map", ANOTHERS: "its map on the first photograph", EVEN: "it at 1 everywhere"}
    tiles: list[Tile] = [*common.shown(net, x), Tile(note="no photograph has a part in it")]
    for what, signal in found.items():
        tiles += common.drawn(sent(net, x, signal))
        filled = sent(net, x[:1], signal[:1], "fill")
        tiles += [Tile(note="differs for each")] if what == OWN else common.drawn(filled)
    heads = ("through the switches of this",) * len(x) + ("by fill",)
    rows = ("photograph", *(names.get(what, what) for what in found))
    title = f"{net.name} · {LAYER} · one signal through the switches of four photographs"
    return Sheet(
        tiles, len(heads), title, f"{SCALE} All by deconvnet.", column_headers=heads, row_headers=rows, tile_size=62
    )


def _rows(net: Network) -> list[tuple[str, ...]]:
    x = net.prepare(windows(WINDOWS))
    found = [signals(net, x, unit, number) for number, unit in enumerate(lively(net, LAYER, x, UNITS))]
    return [(what, *_likenesses(net, x, torch.cat([each[what] for each in found]))) for what in found[0]]


def _likenesses(net: Network, x: Tensor, signal: Tensor) -> list[str]:
    lines = fine_lines(net, x)
    every, another = (edges.repeat(UNITS, 1, 1, 1) for edges in (lines, lines.roll(1, 0)))
    many = x.repeat(UNITS, 1, 1, 1)
    switched, filled = (sent(net, many, signal, way).sum(1, keepdim=True) for way in ("switches", "fill"))
    return [two(likeness(*pair)) for pair in ((switched, every), (switched, another), (filled, every))]
