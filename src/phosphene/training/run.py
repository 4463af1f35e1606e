"""`train`: from pictures to a file of trained weights, with its card and its curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from phosphene.bundled.weights_file import as_read, write_weights
from phosphene.device import pick_device
from phosphene.errors import UsageError
from phosphene.training import checkpoint
from phosphene.training.checkpoint import Epoch, Task
from phosphene.training.data import Data, load_data
from phosphene.training.loop import Progress, Trainer
from phosphene.training.recipe import recipe_for
from phosphene.training.report import Report, describe, write_report


@dataclass(frozen=True)
class Download:
    """Said while CIFAR-10 is fetched, which happens once on a machine."""

    done: int
    """Bytes."""
    total: int


@dataclass(frozen=True)
class Begun:
    """Said once, before the first step."""

    train_images: int
    test_images: int
    classes: tuple[str, ...]
    passed_over: tuple[str, ...]
    device: str
    bfloat16: bool
    epochs: int
    done: int
    """Epochs that a checkpoint had already."""
    steps: int
    """Steps of the whole training."""
    steps_done: int


@dataclass(frozen=True)
class EpochDone:
    """Said after each epoch, when its checkpoint is on the disk."""

    epoch: Epoch
    epochs: int
    remaining: float
    """Seconds that the rest will take at the pace of this run's epochs."""


Event = Download | Begun | Progress | EpochDone
"""What `train` tells its listener."""


def train(
    network: str = "blog",
    data: str | Data = "cifar10",
    epochs: int | None = None,
    out: str | Path | None = None,
    *,
    seed: int = 0,
    resume: bool = False,
    device: str = "auto",
    tell: Callable[[Event], None] = lambda event: None,
) -> Report:
    """Train `network` ("blog" or "deep") and write its weights, its card and its curves.

    Args:
        network: the one to train; its recipe gives everything that is no argument here.
        data: `cifar10`, a folder or a .zip of class folders; or data that is loaded already.
        epochs: None for as many as the recipe says.
        out: file of the weights; `NETWORK.safetensors` if it is not given. The rest is written beside it.
        seed: the same seed gives the same weights on the same machine with the same number of threads.
        resume: go on from the checkpoint that an interrupted training left; the end is the same.
        device: "auto", "cpu", "cuda" …
        tell: hears what happens: `Download` if need be, `Begun`, then `Progress` after each step and `EpochDone`
            after each epoch.

    A checkpoint is written beside `out` after each epoch and removed at the end. A KeyboardInterrupt comes
    out again with a sentence that says how to go on. Raises PhospheneError for what the user can mend.
    """
    out = Path(out if out is not None else f"{network}.safetensors")
    recipe = recipe_for(network)
    epochs = recipe.epochs if epochs is None else epochs
    kept = out.with_suffix(".checkpoint.pt")
    _check(epochs, out, kept, resume)
    if isinstance(data, str):
        data = load_data(data, seed, lambda done, total: tell(Download(done, total)))
    trainer = Trainer(recipe, data, epochs, seed, pick_device(device))
    task = Task(network, repr(recipe), epochs, seed, checkpoint.fingerprint(data))
    history = _restored(trainer, kept, task) if resume else []
    tell(_begun(trainer))
    with _saying_how_to_go_on(trainer, kept):
        history = _epochs(trainer, task, kept, history, tell)
    return _finish(trainer, out, network, history, kept)


def _check(epochs: int, out: Path, kept: Path, resume: bool) -> None:
    if epochs < 1:
        raise UsageError(f"{epochs} epochs are no training; give 1 or more")
    if out.suffix != ".safetensors":
        raise UsageError(f"{str(out)!r} is no name for weights; let it end in .safetensors")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {str(out.parent)!r}; make it first: mkdir -p {out.parent}")
    if kept.exists() and not resume:
        raise UsageError(f"{kept} is of a training that was interrupted; add --resume to go on, or remove it")


def _restored(trainer: Trainer, kept: Path, task: Task) -> list[Epoch]:
    state, history = checkpoint.load(kept, task)
    trainer.restore(state)
    return history


def _begun(trainer: Trainer) -> Begun:
    data = trainer.data
    return Begun(
        train_images=len(data.train.labels),
        test_images=len(data.test.labels),
        classes=data.classes,
        passed_over=data.passed_over,
        device=str(trainer.device),
        bfloat16=trainer.bfloat16,
        epochs=trainer.epochs,
        done=trainer.epoch,
        steps=trainer.epochs * trainer.steps_per_epoch,
        steps_done=trainer.epoch * trainer.steps_per_epoch,
    )


def _epochs(
    trainer: Trainer, task: Task, kept: Path, history: list[Epoch], tell: Callable[[Event], None]
) -> list[Epoch]:
    """Run the epochs that are left; gives the history of all."""
    start, seconds = trainer.epoch, 0.0
    while trainer.epoch < trainer.epochs:
        epoch = _epoch(trainer, tell)
        history = [*history, epoch]
        checkpoint.save(kept, task, trainer.state(), history)
        seconds += epoch.seconds
        left = trainer.recipe.work(trainer.epoch, trainer.epochs) / trainer.recipe.work(start, trainer.epoch)
        tell(EpochDone(epoch, trainer.epochs, seconds * left))
    return history


def _epoch(trainer: Trainer, tell: Callable[[Event], None]) -> Epoch:
    began = time.perf_counter()
    total = 0.0
    for progress in trainer.run_epoch():
        total += progress.loss
        tell(progress)
    accuracy = trainer.accuracy()
    seconds = time.perf_counter() - began
    return Epoch(trainer.epoch, total / trainer.steps_per_epoch, accuracy, seconds)


@contextmanager
def _saying_how_to_go_on(trainer: Trainer, kept: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if not kept.exists():
            raise KeyboardInterrupt("stopped before the first epoch was done; nothing is kept") from None
        done = f"{trainer.epoch} of {trainer.epochs} epochs are kept in {kept}"
        raise KeyboardInterrupt(f"stopped; {done}; go on with the same command and --resume") from None


def _finish(trainer: Trainer, out: Path, network: str, history: list[Epoch], kept: Path) -> Report:
    """Write weights, card and curves; the accuracy is that of the rounded weights that the file holds."""
    rounded = {name: tensor.to(trainer.device) for name, tensor in as_read(trainer.average.model).items()}
    trainer.average.model.load_state_dict(rounded)
    trainer.bfloat16 = False
    confusion = count(trainer.data.test.labels, trainer.predict(trainer.data.test), len(trainer.data.classes))
    about = describe(trainer, network, confusion)
    write_weights(out, trainer.average.model, about)
    report = write_report(out, about, trainer.recipe, history, confusion, trainer.accuracy(mirrored=True))
    kept.unlink(missing_ok=True)
    return report


def count(truth: Tensor, named: Tensor, classes: int) -> Tensor:
    """The confusion matrix ``(classes, classes)``: pictures of the row's class that got the column's name."""
    return torch.bincount(truth * classes + named, minlength=classes**2).view(classes, classes)
