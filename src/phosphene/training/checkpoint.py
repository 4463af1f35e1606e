"""What a training leaves after each epoch, so that it can go on from there."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from phosphene.errors import PhospheneError
from phosphene.files import reason, writing
from phosphene.training.data import Data


@dataclass(frozen=True)
class Task:
    """What makes two trainings the same; a checkpoint of another one is not taken up."""

    network: str
    recipe: str
    epochs: int
    seed: int
    data: str
    """Fingerprint of the pictures, their classes and their normalisation."""


@dataclass(frozen=True)
class Epoch:
    """One line of a training's history."""

    number: int
    loss: float
    """Mean over the epoch's batches."""
    accuracy: float
    """Of the averaged weights on the test pictures."""
    seconds: float


def fingerprint(data: Data) -> str:
    """A hash over all pictures, labels, class names and the normalisation."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (data.train, data.test):
        digest.update(part.pixels.numpy().data)
        digest.update(part.labels.numpy().data)
    digest.update(repr((data.classes, data.mean, data.std)).encode())
    return digest.hexdigest()


def save(path: Path, task: Task, state: dict[str, Any], history: list[Epoch]) -> None:
    """Write a checkpoint, atomically: a kill at any moment leaves the one before."""
    content = {"task": list(astuple(task)), "state": state, "history": [list(astuple(e)) for e in history]}
    with writing(path) as temporary:
        torch.save(content, temporary)


def load(path: Path, task: Task) -> tuple[dict[str, Any], list[Epoch]]:
    """State and history out of a checkpoint; PhospheneError if it is not of this `task`, or broken."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        found, history = Task(*content["task"]), [Epoch(*line) for line in content["history"]]
        state: dict[str, Any] = content["state"]
    except FileNotFoundError:
        raise PhospheneError(f"there is no checkpoint {path}; leave --resume out to begin anew") from None
    except OSError as error:
        raise PhospheneError(f"the checkpoint {path} cannot be opened: {reason(error)}") from error
    except (RuntimeError, UnpicklingError, EOFError, KeyError, TypeError, ValueError) as error:
        raise PhospheneError(f"{path} is not a checkpoint of a training; remove it to begin anew") from error
    _compare(path, found, task)
    return state, history


def _compare(path: Path, found: Task, wanted: Task) -> None:
    different = [f.name for f in fields(Task) if getattr(found, f.name) != getattr(wanted, f.name)]
    if different:
        raise PhospheneError(
            f"{path} is of a training with other {' and '.join(different)}; "
            "give the same options as then, or remove it to begin anew"
        )
