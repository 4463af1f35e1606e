"""Recording a training while it runs: its weights at a few moments, for `phosphene.paper.evolution`.

Weights are recorded rather than pictures: they take milliseconds, everything can be computed from them later, and
training goes on undisturbed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from phosphene.errors import PhospheneError, UsageError
from phosphene.files import writing
from phosphene.sources.extras import extra

SHARE = 0.02
"""Of the training's time that recording may take."""
_NAME = "step-{:09d}.safetensors"


class Recorder:
    """Records the weights of a model in training at steps 0, 1, 2, 4, 8 ... and at the end.

    The paper shows epochs 1, 2, 5, 10, 20, 30, 40 and 64: much changes early, little late. A moment that would make
    recording take more than ``share`` of the time since the beginning is put off to the first step that it does not.

    .. code-block:: python

        with Recorder(model, "moments") as recorder:
            for x, y in batches:
                ...
                optimiser.step()
                recorder.step()

    Lightning takes ``recorder.lightning()`` among its callbacks, Hugging Face's Trainer ``recorder.hugging_face()``.
    Of several processes that train together only the first records.

    Attributes:
        spent: seconds that recording took so far.
        files: what was written.

    Args:
        model: in training; its weights are read only.
        folder: is made if it is not there. It must not hold an earlier training's moments.
        share: of the time that recording may take; the first and the last moment are recorded whatever they take.
        clock: tells the time in seconds.

    Raises:
        UsageError: moments of another training stand there, or the share is not between 0 and 1.
        PhospheneError: the folder or a file cannot be written.
    """

    def __init__(
        self,
        model: nn.Module,
        folder: str | Path,
        share: float = SHARE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} is not above 0 and up to 1; 0.02 is two per cent")
        self._model = model
        self._folder = Path(folder)
        self._share = share
        self._clock = clock
        self._began = clock()
        self._dearest = 0.0
        self._due = 1
        self._step = 0
        self._recorded = -1
        self.spent = 0.0
        self.files: list[Path] = []
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PhospheneError(f"cannot make the folder {str(folder)!r}: {error.strerror}") from error
        if any(self._folder.glob("step-*.safetensors")):
            raise UsageError(f"{str(folder)!r} holds the moments of another training; give another folder")
        self._record()

    def step(self) -> None:
        """Hear that one step of the optimiser is done."""
        self._step += 1
        if self._step >= self._due and self._affordable():
            self._record()

    def close(self) -> None:
        """Record the last moment."""
        if self._recorded != self._step:
            self._record()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lightning(self) -> Any:
        """Return a callback for Lightning's Trainer."""
        return _lightning(self)

    def hugging_face(self) -> Any:
        """Return a callback for the Trainer of Hugging Face's transformers."""
        return _hugging_face(self)

    def _affordable(self) -> bool:
        return self.spent + self._dearest <= self._share * (self._clock() - self._began)

    def _record(self) -> None:
        began = self._clock()
        if _is_first_process():
            path = self._folder / _NAME.format(self._step)
            with writing(path) as temporary:
                save_file(_copied(self._model), temporary, {"step": str(self._step)})
            self.files.append(path)
        self._recorded = self._step
        while self._due <= self._step:
            self._due *= 2
        took = self._clock() - began
        self._dearest = max(self._dearest, took)
        self.spent += took


def _is_first_process() -> bool:
    shared = torch.distributed.is_available() and torch.distributed.is_initialized()
    return not shared or torch.distributed.get_rank() == 0


def _copied(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights on the CPU, each tensor for itself: a file of safetensors knows no shared ones."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in model.state_dict().items()
        if isinstance(tensor, Tensor)
    }


# -- for the trainers of others ------------------------------------------------------------------------------------


def _lightning(recorder: Recorder) -> Any:
    trainers = extra("lightning", "lightning", "recording with Lightning")

    class Callback(trainers.pytorch.Callback):  # type: ignore[misc,name-defined]
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step > recorder._step:  # gradients of several batches may make one step
                recorder.step()

        def on_train_end(self, *_: Any) -> None:
            recorder.close()

    return Callback()


def _hugging_face(recorder: Recorder) -> Any:
    transformers = extra("transformers", "hf", "recording with Hugging Face's Trainer")

    class Callback(transformers.TrainerCallback):  # type: ignore[misc,name-defined]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            recorder.step()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            recorder.close()

    return Callback()


# -- reading -------------------------------------------------------------------------------------------------------


def recorded_files(path: Path) -> list[Path]:
    """Return a file of weights, or all that were recorded into a folder, in the training's order.

    Raises:
        UsageError: there is no such file, or the folder holds none.
    """
    if path.is_dir():
        found = sorted(path.glob("step-*.safetensors")) or sorted(path.glob("*.safetensors"), key=_numbers)
        if not found:
            raise UsageError(f"{str(path)!r} holds no .safetensors files; name files of weights")
        return found
    if not path.is_file():
        raise UsageError(f"there is no file of weights {str(path)!r}; check its name")
    return [path]


def _numbers(path: Path) -> list[tuple[int, str]]:
    """Sort ``epoch-9`` before ``epoch-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.stem)]


def title(path: Path) -> str:
    """Return what a moment is called: its step or its epoch where the file says it, or the file's name."""
    try:
        with safe_open(path, "pt") as file:
            said = file.metadata() or {}
    except (OSError, SafetensorError):
        said = {}
    return next((f"{word} {said[word]}" for word in ("epoch", "step") if said.get(word, "").isdecimal()), path.stem)
