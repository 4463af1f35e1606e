"""Pictures a second of a scan, against a plain forward pass that keeps nothing, and against naive hooks.

    python benchmarks/bench_scan.py [--cases squeezenet1_1,blog,efficientnet_b0] [--pictures 1024] [--rounds 3]

Each way runs in a process of its own, as a user would run it: ``plain`` is ``model(x)`` in float32 on NCHW batches;
``hooks`` adds what people write to look at units (a hook on each layer that takes maximum, mean and deviation over
positions, and a running top list); ``scan`` is ours with everything that an atlas keeps, its statistics written to no
file; ``bf16`` the same with ``--precision bf16``; ``crp`` and ``crp-act`` are zennit-crp's, where it is installed (see
`beside_crp`). Pictures are random tensors in memory: decoding is not measured.
Ways take turns; ratios are of medians. The top lists of ``scan`` are compared with the naive ones.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import beside_crp
import numpy as np
import torch
import torchvision
from torch import Tensor, nn

import phosphene as ph
from phosphene.bundled.architectures import BlogNet
from phosphene.memory import keep_freed_memory
from phosphene.scan.choice import chosen_layers
from phosphene.scan.run import SEEN
from phosphene.scan.scanner import Scanner
from phosphene.scan.summary import Kept

GOALS = {"squeezenet1_1": 1.5, "blog": 1.3, "efficientnet_b0": 1.6}
WAYS = ("plain", "hooks", "scan", "bf16", *beside_crp.WAYS)
TOP = 16


def network(name: str) -> ph.Network:
    """Return a network with random weights: speed does not depend on them."""
    torch.manual_seed(0)
    model = BlogNet() if name == "blog" else torchvision.models.get_model(name, weights=None)
    side = 32 if name == "blog" else 224
    return ph.Network(model.eval(), input_size=(3, side, side), name=name)


def pictures(net: ph.Network, first: int, count: int) -> Tensor:
    """Return the same random pictures for the same numbers."""
    return torch.rand(count, *net.input_size, generator=torch.Generator().manual_seed(first))


class Naive:
    """Top lists as one writes them: a hook on every layer, maxima, and a sort."""

    def __init__(self, net: ph.Network, layers: list[str]) -> None:
        self.best: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
        self.first = 0
        modules = dict(net.model.named_modules())
        self.handles = [modules[name].register_forward_hook(self._hook(name)) for name in layers if name in modules]

    def _hook(self, name: str) -> Callable[..., None]:
        def look(module: nn.Module, args: object, output: Tensor) -> None:
            flat = output.flatten(2)
            flat.mean((0, 2)), flat.std((0, 2)), flat.amin((0, 2)), (flat > 0).float().mean((0, 2))
            value, place = flat.max(2)
            number = torch.arange(self.first, self.first + len(output))[:, None].expand_as(value)
            new = value, number, place
            old = self.best.get(name)
            joined = new if old is None else tuple(torch.cat(pair) for pair in zip(old, new, strict=True))
            order = joined[0].argsort(dim=0, descending=True, stable=True)[:TOP]
            self.best[name] = tuple(each.gather(0, order) for each in joined)  # type: ignore[assignment]

        return look


def run_one(name: str, way: str, count: int) -> dict[str, object]:
    """Run one way over ``count`` pictures in this process; the first batch warms up and is not counted."""
    net = network(name)
    batch = 256 if name == "blog" else 32
    layers = chosen_layers(net)
    if way in beside_crp.WAYS:
        names = [layer.name for layer in layers]
        return {"rate": count / beside_crp.seconds(net, names, way, pictures(net, batch, count), batch)}
    if way in ("scan", "bf16"):
        keep_freed_memory()
    every = max(1, 50_000 // SEEN)  # as in a scan of 50,000 pictures
    scanner = Scanner(net, layers, Kept(TOP), precision="bf16" if way == "bf16" else "float32", every=every)
    naive = Naive(net, [layer.name for layer in layers]) if way == "hooks" else None
    seconds, done = 0.0, 0
    for first in range(0, count + batch, batch):
        x = pictures(net, first, batch)
        began = time.perf_counter()
        with torch.no_grad():
            if way in ("plain", "hooks"):
                if naive:
                    naive.first = first
                net.model(x)
            else:
                numbers = np.arange(first, first + batch)
                scanner.add(x, [f"{i}" for i in numbers], numbers, np.full(batch, -1))
        if first:
            seconds, done = seconds + time.perf_counter() - began, done + batch
    began = time.perf_counter()
    for summary in scanner.summaries.values():
        summary.pairs.settle()
    seconds += time.perf_counter() - began if way in ("scan", "bf16") else 0
    tops = {}
    if naive:
        tops = {n: (b[1].T.tolist(), b[2].T.tolist()) for n, b in naive.best.items()}
    elif way in ("scan", "bf16"):
        tops = {n: (s.top.image.tolist(), s.top.place.tolist()) for n, s in scanner.summaries.items()}
    return {"rate": done / seconds, "tops": tops, "layers": len(layers), "units": sum(layer.units for layer in layers)}


def elsewhere(name: str, way: str, count: int) -> dict[str, object]:
    """Run one way in a process of its own."""
    command = [sys.executable, __file__, "--one", f"{name},{way},{count}"]
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def same_tops(ours: dict[str, list[list[list[int]]]], theirs: dict[str, list[list[list[int]]]]) -> str:
    """Return how many (unit, rank) entries agree in image and position, of those that both looked at."""
    same = total = 0
    for name in ours.keys() & theirs.keys():
        (a, p), (b, q) = (map(np.array, each[name]) for each in (ours, theirs))
        same, total = same + int(((a == b) & (p == q)).sum()), total + a.size
    return f"{same / max(total, 1):.2%} of {total:,}"


def row(name: str, count: int, rounds: int) -> str:
    """Measure one network; return its rows of the table."""
    ways = [way for way in WAYS if beside_crp.INSTALLED or way not in beside_crp.WAYS]
    found: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            found[way].append(elsewhere(name, way, count))
    rate = {way: statistics.median(each["rate"] for each in runs) for way, runs in found.items()}
    lines = []
    for way in WAYS:
        if way not in rate:
            lines.append(f"| {name} | {way} | not installed (pip install zennit-crp) | | | | |")
            continue
        rates = [each["rate"] for each in found[way]]
        tops = same_tops(found[way][-1]["tops"], found["hooks"][-1]["tops"]) if way in ("scan", "bf16") else ""
        goal = f"{GOALS[name]}x" if way == "scan" else "2.5x" if way == "bf16" else ""
        lines.append(
            f"| {name} | {way} | {rate[way]:.0f} | {min(rates):.0f} to {max(rates):.0f} | "
            f"{rate[way] / rate['plain']:.2f}x | {goal} | {tops} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(GOALS))
    parser.add_argument("--pictures", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, way, count = options.one.split(",")
        print(json.dumps(run_one(name, way, int(count))))
        return
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, n = {options.rounds}\n")
    print("| network | way | pictures/s | range | against plain | goal | tops equal to the naive ones |")
    print("|---|---|---|---|---|---|---|")
    for name in options.cases.split(","):
        print(row(name, options.pictures * (8 if name == "blog" else 1), options.rounds), flush=True)


if __name__ == "__main__":
    main()
