"""What recording a training costs: seconds of `Recorder` over seconds of the training it records.

    python benchmarks/bench_recording.py [--steps 400] [--network blog|deep]

Trains a bundled architecture on random pictures, batches of 64, on the processor. The goal is under 2 % of the time.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from phosphene.bundled.weights_file import ARCHITECTURES
from phosphene.memory import keep_freed_memory
from phosphene.paper import Recorder


def trained(network: str, steps: int, folder: Path) -> tuple[float, Recorder]:
    """Return the seconds that a recorded training took, and what recorded it."""
    model = ARCHITECTURES[network](10).train()
    optimiser = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    pictures, labels = torch.rand(64, 3, 32, 32), torch.randint(10, (64,))
    began = time.perf_counter()
    with Recorder(model, folder) as recorder:
        for _ in range(steps):
            optimiser.zero_grad()
            F.cross_entropy(model(pictures), labels).backward()
            optimiser.step()
            recorder.step()
    return time.perf_counter() - began, recorder


def main() -> None:
    """Train once and print what was recorded and what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=400)
    options.add_argument("--network", choices=list(ARCHITECTURES), default="blog")
    given = options.parse_args()
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        seconds, recorder = trained(given.network, given.steps, Path(folder) / "moments")
        size = sum(path.stat().st_size for path in recorder.files) / 1e6
    print(f"{platform.processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {given.steps} steps")
    print(f"{given.network}: {seconds:.1f} s, {len(recorder.files)} moments ({size:.0f} MB) in {recorder.spent:.3f} s")
    print(f"{recorder.spent / seconds:.2%} of the time")


if __name__ == "__main__":
    main()
