"""Train the two networks that come along and put them where the package keeps them.

    python scripts/train_bundled.py CIFAR10.zip [blog|deep ...]

Besides the weights and cards this keeps the blog network's convolutions at eight moments of its training.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save

from phosphene import bundled
from phosphene.bundled.weights_file import halved
from phosphene.cli.train_progress import Display
from phosphene.files import writing
from phosphene.training import EpochDone, Event, train
from phosphene.training.data import Data, load_data
from phosphene.training.loop import Trainer
from phosphene.training.recipe import RECIPES
from phosphene.training.report import Report

PACKAGE = Path(bundled.__file__).parent
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
NAMES = {"blog": "cifar", "deep": "cifar-deep"}
MOMENTS = (0, 1, 2, 4, 8, 14, 21, 30)
"""Epochs of the blog's network that are kept."""
ORIGIN = """
## Data

CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009): 50,000 pictures to
learn from and 10,000 to test on, here re-compressed as JPEG (quality about 75, colours at half the resolution),
so accuracies do not compare with those on the original. The pictures are not part of this package.

## Licence and limits

The weights are licensed as the package is, Apache-2.0. They are made to be looked into, on pictures of
32x32 pixels: the ten classes are all they know, and they carry whatever biases CIFAR-10 has.
"""


def main(data: str, *networks: str) -> None:
    """Train the named networks (all if there is none) on `data`, CIFAR-10 as a folder or .zip of JPEG files."""
    loaded = load_data(data)
    for network in networks or NAMES:
        out = PACKAGE / "weights" / f"{NAMES[network]}.safetensors"
        with Display() as display:
            if network == "blog":
                keep_untrained(loaded)
            report = train(network, loaded, out=out, tell=partial(hear, display, out, network))
        finish(report)


def finish(report: Report) -> None:
    """Add to the card what only holds for these two; put the pictures where the documentation has its own."""
    with Path(report.card).open("a", encoding="utf-8") as card:
        card.write(ORIGIN)
    for picture in (report.curves, report.confusion_picture):
        shutil.move(picture, PICTURES / Path(picture).name)


def hear(display: Display, out: Path, network: str, event: Event) -> None:
    """Draw the event; of the blog's network keep the convolutions at the chosen moments."""
    display.hear(event)
    if network == "blog" and isinstance(event, EpochDone) and event.epoch.number in MOMENTS:
        content = torch.load(out.with_suffix(".checkpoint.pt"), weights_only=True)
        steps = content["state"]["average_steps"]
        keep(content["state"]["average"], event.epoch.number, steps, event.epoch.accuracy)


def keep_untrained(data: Data) -> None:
    """Keep the convolutions of the network as it is drawn."""
    trainer = Trainer(RECIPES["blog"], data, RECIPES["blog"].epochs, 0, torch.device("cpu"))
    accuracy = float((trainer.predict(data.test) == data.test.labels).float().mean())
    keep(trainer.average.model.state_dict(), 0, 0, accuracy)


def keep(state: dict[str, torch.Tensor], epoch: int, step: int, accuracy: float) -> None:
    """Write `conv1` and `conv2` of a state as float16."""
    tensors = {name: tensor for name, tensor in state.items() if name.startswith("conv")}
    metadata = {"epoch": str(epoch), "step": str(step), "accuracy": f"{accuracy:.4f}"}
    with writing(PACKAGE / "checkpoints" / f"cifar-epoch-{epoch:02d}.safetensors") as temporary:
        temporary.write_bytes(save(halved(tensors), metadata))


if __name__ == "__main__":
    main(*sys.argv[1:])
