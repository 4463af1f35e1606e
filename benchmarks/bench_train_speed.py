"""Seconds per epoch of `phosphene train` against the loop that most tutorials show, same network, one run.

The plain loop: NCHW, float32, torchvision's transforms on one picture after the other, a DataLoader (with
none and with two worker processes; the faster one counts). Both do the same work per picture: a random
shift, a random flip, for the deep network a hole, normalisation, one step of SGD with Nesterov momentum.

    python benchmarks/bench_train_speed.py [--pictures N] [--rounds R]
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from phosphene.training.data import Data, Pictures
from phosphene.training.loop import Trainer
from phosphene.training.recipe import RECIPES, Course, Recipe

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
EPOCH = 50_000
"""Pictures of an epoch of CIFAR-10, to which the times are scaled."""


class OneByOne(Dataset):
    """Pictures as torchvision's CIFAR10 gives them: a PIL image from an array, then the transforms."""

    def __init__(self, data: Data, course: Course) -> None:
        self.pixels = data.train.pixels.permute(0, 2, 3, 1).numpy()
        self.labels = data.train.labels
        steps = [
            transforms.RandomCrop(32, padding=course.shift, padding_mode="reflect"),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
        if course.cutout:
            share = (course.cutout / 32) ** 2
            steps.append(transforms.RandomErasing(1.0, scale=(share, share), ratio=(1, 1)))
        self.transform = transforms.Compose(steps)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.pixels[index])), self.labels[index]


def pictures(count: int) -> Data:
    """Random pixels: the time does not depend on what is seen."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    part = Pictures(pixels, torch.randint(10, (count,), generator=generator))
    return Data(part, part, tuple("abcdefghij"), MEAN, STD)


def ours(recipe: Recipe, data: Data) -> Callable[[], None]:
    """One epoch of phosphene's loop, at each call."""
    trainer = Trainer(recipe, data, recipe.courses[0].epochs, 0, torch.device("cpu"))

    def epoch() -> None:
        for _ in trainer.run_epoch():
            pass

    return epoch


def plain(recipe: Recipe, data: Data, workers: int) -> Callable[[], None]:
    """One epoch of the tutorials' loop, at each call."""
    model = recipe.build(10)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loader = DataLoader(OneByOne(data, recipe.courses[0]), recipe.batch, shuffle=True, num_workers=workers)

    def epoch() -> None:
        model.train()
        for inputs, labels in loader:
            loss = F.cross_entropy(model(inputs), labels, label_smoothing=recipe.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return epoch


def seconds(ways: dict[str, Callable[[], None]], count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per `EPOCH` pictures of each way, in `rounds` turns after a first that does not count."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, epoch in ways.items():
            began = time.perf_counter()
            epoch()
            times[name].append((time.perf_counter() - began) * EPOCH / count)
    return {name: values[1:] for name, values in times.items()}


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Measure, and print what was measured."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pictures", type=int, default=10_240, help="pictures per round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--networks", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    given = options.parse_args()
    print(f"{processor()}, {torch.get_num_threads()} threads; Python {platform.python_version()},", end=" ")
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__};", end=" ")
    print(f"n = {given.rounds} rounds of {given.pictures:,} pictures, scaled to {EPOCH:,}; median (range)")
    data = pictures(given.pictures)
    for network in given.networks:
        recipe = RECIPES[network]
        ways = {"phosphene": ours(recipe, data)}
        ways |= {f"plain, {n} workers": plain(recipe, data, n) for n in (0, 2)}
        times = seconds(ways, given.pictures, given.rounds)
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, values in times.items():
            print(f"{network:5} {name:17} {medians[name]:7.1f} s/epoch ({min(values):.1f} to {max(values):.1f})")
        own = medians.pop("phosphene")
        print(f"{network:5} {min(medians.values()) / own:.2f} times as fast as the faster plain loop")


if __name__ == "__main__":
    main()
