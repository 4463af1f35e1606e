"""Steps of a dream against a bare pass forward and back of the same network on the same batch.

    python benchmarks/bench_dream.py --weights squeezenet.safetensors [--steps 12] [--runs 5] [--whole]

Both run in turns in one process and the ratio is taken run by run, by the processor time of all threads
(`time.process_time`), which other programs disturb less than the clock; seconds by the clock stand beside it. The bare
pass is the barest that gives a gradient: the model in `eval`, a tensor of the input's shape, stopped behind the layer,
`torch.autograd.grad` of the unit's mean by the input alone. A loop as it is usually written, `model(x)` to its end and
`.backward()`, which computes the gradients of all weights too, is the second baseline.

`--whole` times 256 steps of one unit by the command's own way, one seed and three.
"""

from __future__ import annotations

import argparse
import copy
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import suppress

import torch
from torch import Tensor

import phosphene as ph


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of processor time and by the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def barest(front: torch.nn.Module, x: Tensor, unit: int, steps: int) -> None:
    """Go to the layer and back to the input, ``steps`` times."""
    for _ in range(steps):
        start = x.clone().requires_grad_()
        torch.autograd.grad(front(start)[:, unit].mean(), start)


def usual(model: torch.nn.Module, x: Tensor, steps: int) -> None:
    """Go to the end and back to everything, ``steps`` times."""
    for _ in range(steps):
        start = x.clone().requires_grad_()
        model(start).mean().backward()
    model.zero_grad(set_to_none=True)


def row(title: str, net: ph.Network, layer: str, front: torch.nn.Module, batch: int, steps: int, runs: int) -> str:
    """Measure one case."""
    x = torch.rand(batch, *net.input_size)
    found = []
    for _ in range(runs + 1):
        bare, _ = timed(lambda: barest(front, x, 3, steps))
        whole, _ = timed(lambda: usual(net.model, x, steps))
        ours, clock = stepping(net, f"{layer}:3", batch, steps)
        found.append((bare / ours, whole / ours, ours, clock))
    bare, whole, ours, clock = zip(*found[1:], strict=True)  # the first run warms up
    return (
        f"| {title} | {batch} | {statistics.median(bare):.2f} | {min(bare):.2f} to {max(bare):.2f} | "
        f"{statistics.median(whole):.2f} | {1e3 * statistics.median(ours) / steps:.1f} ms | "
        f"{1e3 * statistics.median(clock) / steps:.1f} ms |"
    )


def stepping(net: ph.Network, unit: str, batch: int, steps: int) -> tuple[float, float]:
    """Time the steps alone: from the end of the first to that of the last."""
    marks: list[tuple[float, float]] = []
    ph.dream(
        net, unit, steps=steps + 1, seeds=batch,
        tell=lambda step: marks.append((time.process_time(), time.perf_counter())),
    )  # fmt: skip
    return marks[-1][0] - marks[0][0], marks[-1][1] - marks[0][1]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights",
        default="random",
        help="of squeezenet1_0; with random ones a unit may be silent, which takes longer",
    )
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, n = {options.runs} runs of {options.steps} steps\n"
    )
    squeezenet = ph.load("torchvision/squeezenet1_0", weights=options.weights)
    squeezenet.model.eval()
    if options.whole:
        for seeds in (1, 3):
            processor, clock = timed(lambda n=seeds: ph.dream(squeezenet, "features.9.cat:100", seeds=n))
            print(f"256 steps, {seeds} seed(s): {clock:.0f} s by the clock, {processor:.0f} s of processor time")
        return
    head = (
        "network, layer | pictures | ratio to the barest | range | ratio to the usual | processor a step | clock a step"
    )
    print(f"| {head} |\n|---|---|---|---|---|---|---|")
    features = squeezenet.model.features
    for stop, layer in ((8, "features.7.cat"), (13, "features.12.cat")):
        for batch in (1, 3):
            print(row(f"squeezenet1_0 {layer}", squeezenet, layer, features[:stop], batch, options.steps, options.runs))
    deep = ph.load("cifar-deep")
    deep.model.eval()
    print(
        row("cifar-deep relu9", deep, "relu9", Front(deep.model, "relu9"), 3, options.steps, options.runs), flush=True
    )


class Front(torch.nn.Module):
    """A copy of a model up to one of its modules, which ends the run."""

    def __init__(self, model: torch.nn.Module, name: str) -> None:
        super().__init__()
        self._model = copy.deepcopy(model).eval()
        self._model.get_submodule(name).register_forward_hook(self._keep)

    def _keep(self, module: object, args: object, output: Tensor) -> None:
        self._output = output
        raise StopIteration

    def forward(self, x: Tensor) -> Tensor:
        """Return the module's output."""
        with suppress(StopIteration):
            self._model(x)
        return self._output


if __name__ == "__main__":
    main()
