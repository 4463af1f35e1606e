"""Every unit of a layer sent back: seconds per unit, against Captum's loop of one NeuronDeconvolution per unit.

    python benchmarks/bench_projection.py [--cases blog,squeezenet,vgg,resnet] [--runs 5] [--units 8]

Both run on the same model and picture, in turn, in one process; the ratio is taken run by run and its median is given.
A run of ours calls ``project`` again and again for a tenth of a second, as Captum's loop calls on. Captum's loop over
all units of a large layer would take minutes, so it is timed over ``--units`` units spread over the layer and divided
by their number. The results are compared on those units: a unit whose pictures differ by more than rounding counts as
one with a flipped max-pool switch.

The floor of a row is the time that its operations would take at the rate of one large convolution on this machine
(``floor``): multiplications and additions of all convolutions and matrix products of a call, its forward pass too, as
PyTorch's FlopCounterMode counts them. Un-pooling, rectifying and copying count as nothing, so no code reaches it.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import captum
import torch
import torch.nn.functional as F
import torchvision
from captum.attr import NeuronDeconvolution
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import phosphene as ph
from phosphene.bundled.architectures import BlogNet

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    title: str
    model: nn.Module
    module: str
    size: tuple[int, int]
    position: str
    goal: float


def cases(groups: set[str]) -> list[Case]:
    """Return the rows asked for, on networks with random weights (speed does not depend on them)."""
    made = {
        "blog": lambda: [
            Case(f"blog {layer}, {position}", BlogNet(), layer, (32, 32), position, goal)
            for layer, position, goal in (
                ("relu1", "map", 20),
                ("relu2", "map", 14),
                ("relu1", "peak", 90),
                ("relu2", "peak", 45),
            )
        ],
        "squeezenet": lambda: _of(
            torchvision.models.squeezenet1_1, "squeezenet1_1", "features.6", {"peak": 50, "map": 8}
        ),
        "vgg": lambda: _of(torchvision.models.vgg16, "vgg16", "features.16", {"peak": 24, "map": 4}),
        "resnet": lambda: _of(torchvision.models.resnet50, "resnet50", "layer2", {"peak": 12}),
    }
    return [case for name, make in made.items() if name in groups for case in make()]


def _of(make: object, name: str, module: str, goals: dict[str, float]) -> list[Case]:
    model = make(weights=None)  # type: ignore[operator]
    return [Case(f"{name} {module}, {p}", model, module, (224, 224), p, goal) for p, goal in goals.items()]


def address(net: ph.Network, module: str) -> str:
    """Return the layer that a module's output is: the module itself, or the last operation inside it."""
    names = [layer.name for layer in net.layers()]
    return module if module in names else [name for name in names if name.startswith(f"{module}.")][-1]


def one_by_captum(case: Case, x: Tensor, unit: int) -> Tensor:
    """Project one unit with Captum: half the square of what is sent back has that as its gradient."""
    module = case.model.get_submodule(case.module)
    rule = NeuronDeconvolution(case.model, module)

    def half_square(output: Tensor) -> Tensor:
        maps = output[:, unit].flatten(1)
        kept = maps if case.position == "map" else maps.max(1, keepdim=True).values
        return (kept**2 / 2).sum(1)

    return rule.attribute(x.clone(), half_square).detach()


def timed(work: Callable[[], T], at_least: float = 0.0) -> tuple[float, T]:
    """Return the seconds a call of ``work`` took, the mean over ``at_least`` so many seconds, and its result."""
    start, calls = time.perf_counter(), 0
    while True:
        result = work()
        calls += 1
        passed = time.perf_counter() - start
        if passed >= at_least:
            return passed / calls, result


def operations(work: Callable[[], object]) -> int:
    """Count the multiplications and additions of the convolutions and matrix products of ``work``."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def convolution_rate() -> float:
    """Return operations a second of a 3x3 convolution, 64 to 64 channels, on 8 planes of 56x56: the best of 20."""
    maps = torch.randn(8, 64, 56, 56).contiguous(memory_format=torch.channels_last)
    filters = torch.randn(64, 64, 3, 3).contiguous(memory_format=torch.channels_last)
    seconds = min(timed(lambda: F.conv2d(maps, filters, padding=1))[0] for _ in range(20))
    return operations(lambda: F.conv2d(maps, filters, padding=1)) / seconds


def row(case: Case, runs: int, sampled: int, rate: float) -> str:
    """Measure one case and return its row; ``rate`` in operations a second."""
    case.model.eval()
    torch.manual_seed(0)
    x = torch.randn(1, 3, *case.size)
    net = ph.Network(case.model, input_size=(3, *case.size))
    layer = address(net, case.module)
    count = net.layer(layer).units
    units = sorted({int(i) for i in torch.linspace(0, count - 1, min(sampled, count))})
    ratios, ours = [], []
    for _ in range(runs + 1):
        theirs, expected = timed(lambda: [one_by_captum(case, x, unit) for unit in units])
        seconds, got = timed(lambda: ph.project(net, x, layer, position=case.position), at_least=0.1)
        ratios.append(theirs / len(units) / (seconds / count))
        ours.append(seconds)
    differing = sum(
        not torch.allclose(got.signal[u], e, rtol=1e-3, atol=1e-4 * float(e.abs().max()))
        for u, e in zip(units, expected, strict=True)
    )
    ratios, ours = ratios[1:], ours[1:]  # the first run warms up
    spread = f"{min(ratios):.0f} to {max(ratios):.0f}"
    seconds = statistics.median(ours) / count
    floor = operations(lambda: ph.project(net, x, layer, position=case.position)) / rate / count
    return (
        f"| {case.title} | {count} | {seconds * 1e3:.3g} ms | {statistics.median(ratios):.1f}x | {spread} | "
        f"{case.goal:g}x | {floor * 1e3:.2g} ms | {seconds / floor:.1f} | {differing} of {len(units)} |"
    )


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="blog,squeezenet,vgg,resnet")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--units", type=int, default=8)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, captum {captum.__version__}, n = {options.runs}, "
        f"convolutions {(rate := convolution_rate()) / 1e9:.0f} billion operations a second\n"
    )
    head = "layer, position | units | ours per unit | ratio to Captum's loop | range | goal | floor | ours / floor"
    print(f"| {head} | units that differ |\n|---|---|---|---|---|---|---|---|---|")
    for case in cases(set(options.cases.split(","))):
        print(row(case, options.runs, options.units, rate), flush=True)


if __name__ == "__main__":
    main()
