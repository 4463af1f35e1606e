"""The paper's figures on squeezenet1_0: wall and processor seconds of each analysis.

    python benchmarks/bench_paper.py [--weights FILE] [--runs 3]

Pictures are the photographs that come along. Without ``--weights`` they are random: that changes no
speed but the coarse mode's, which looks closely at almost nothing where answers are flat.
The goals are those of two cores with nothing else running: filters 10 s, occlusion of one picture of 224 pixels at
stride 8 20 s, invariance over three changes for five pictures 60 s.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the commands have it

import torch

import phosphene as ph
from phosphene import paper
from phosphene.memory import keep_freed_memory


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Time every case and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--weights", default="random")
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    keep_freed_memory()
    net = ph.load("torchvision/squeezenet1_0", weights=given.weights)
    net.layers()
    pictures = ph.images("samples")
    five = [picture.open() for picture in pictures.take(5, 0)]
    cases = {
        ("filters, 17 pictures", 10): lambda: paper.filters(net, pictures),
        ("occlusion, stride 8", 20): lambda: paper.occlusion(net, five[0], stride=8),
        ("occlusion, stride 8, coarse", 20): lambda: paper.occlusion(net, five[0], stride=8, coarse=True),
        ("occlusion, stride 4, coarse", None): lambda: paper.occlusion(net, five[0], stride=4, coarse=True),
        ("invariance, 3 changes, 5 pictures", 60): lambda: paper.invariance(net, five),
    }
    print(f"{platform.processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, n = {given.runs}")
    print("| analysis | wall, s | range | processor, s | goal |\n|---|---|---|---|---|")
    for (title, goal), work in cases.items():
        walls, processors = zip(*(timed(work) for _ in range(given.runs)), strict=True)
        wall, processor = statistics.median(walls), statistics.median(processors)
        print(
            f"| {title} | {wall:.1f} | {min(walls):.1f} to {max(walls):.1f} | {processor:.1f} | {goal or ''} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
