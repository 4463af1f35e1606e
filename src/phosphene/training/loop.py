"""The loop: one epoch after another, able to stop after any and go on exactly as if it had not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from phosphene.training.augment import Draws, cut_out, draw_epoch, flip, paste, recolour, translate, warp
from phosphene.training.average import Average
from phosphene.training.data import Data, Pictures
from phosphene.training.precision import fast_bfloat16
from phosphene.training.recipe import Place, Recipe
from phosphene.training.schedule import one_cycle
from phosphene.training.sharpness import at_worst_nearby


@dataclass(frozen=True)
class Progress:
    """One step done."""

    epoch: int
    """The epoch it belongs to, from 1."""
    epochs: int
    step: int
    """Steps done, from 1."""
    steps: int
    """Steps of the whole training."""
    loss: float


class Trainer:
    """A model in training. Same seed, same machine, same threads: the same weights, resumed or not."""

    def __init__(self, recipe: Recipe, data: Data, epochs: int, seed: int, device: torch.device) -> None:
        self.recipe, self.data, self.seed, self.device = recipe.lasting(epochs), data, seed, device
        self.bfloat16 = fast_bfloat16(device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = recipe.build(len(data.classes))
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.model, recipe.average)
        self.optimiser = _optimiser(self.model, recipe)
        self.epoch = 0

    @property
    def epochs(self) -> int:
        """Of the whole training."""
        return self.recipe.epochs

    @property
    def steps_per_epoch(self) -> int:
        """Batches that hold every training picture once."""
        return -(-len(self.data.train.labels) // self.recipe.batch)

    def run_epoch(self) -> Iterator[Progress]:
        """Train for one epoch, one step at each `next`; draws depend on the seed and the epoch alone."""
        place = self.recipe.place(self.epoch)
        if place.index and not place.epoch:
            self._begin_again()
        seed = self.seed + place.index
        draws = draw_epoch(len(self.data.train.labels), self.data.side, place.course, seed, place.epoch)
        total = self.epochs * self.steps_per_epoch
        self.model.train()
        with torch.random.fork_rng():
            torch.manual_seed(self.seed * 1_000_003 + self.epoch)  # dropout
            for index, batch in enumerate(draws.batches(self.recipe.batch)):
                loss = self._step(batch, place, place.epoch * self.steps_per_epoch + index)
                yield Progress(self.epoch + 1, self.epochs, self.epoch * self.steps_per_epoch + index + 1, total, loss)
        self.epoch += 1

    def _begin_again(self) -> None:
        """Begin a course with the averaged weights of the one before, and with no momentum."""
        self.model.load_state_dict(self.average.model.state_dict())
        self.average = Average(self.model, self.recipe.average)
        self.optimiser = _optimiser(self.model, self.recipe)

    def _step(self, batch: Draws, place: Place, step: int) -> float:
        """One step down the gradient, the course's `step`-th (from 0); gives the batch's loss."""
        course = place.course
        for group in self.optimiser.param_groups:
            group["lr"] = one_cycle(step, course.epochs * self.steps_per_epoch, course.peak, course.warm_up)
        shown = self._augmented(batch)
        loss = self._down(batch, *shown)
        if place.gradients == 2:
            with at_worst_nearby(list(self.model.parameters()), course.sharpness):
                self._down(batch, *shown)
        self.optimiser.step()
        self.average.update(self.model)
        return float(loss)

    def _down(self, batch: Draws, pictures: Tensor, pasted: Tensor) -> Tensor:
        """The loss of `_loss`; its gradients lie in the model's parameters."""
        self.optimiser.zero_grad()
        loss = self._loss(batch, pictures, pasted)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _loss(self, batch: Draws, pictures: Tensor, pasted: Tensor) -> Tensor:
        """Cross-entropy of what `_augmented` gave, each picture's label mixed with that of the one pasted into it."""
        labels = self.data.train.labels[batch.order].to(self.device)
        scores = self._scores(self.model, pictures)
        own, other = (
            F.cross_entropy(scores, wanted, label_smoothing=self.recipe.label_smoothing, reduction="none")
            for wanted in (labels, labels.roll(-1))
        )
        return torch.lerp(own, other, pasted.to(self.device)).mean()

    def _augmented(self, batch: Draws) -> tuple[Tensor, Tensor]:
        """The batch's pictures, changed at random ``(N, 3, H, W)``, and the share of each that is the next one's."""
        place = self.recipe.place(self.epoch)
        course = place.course
        pictures = translate(self.data.train.pixels[batch.order], batch.shift, course.shift)
        pictures = self.data.normalise(flip(pictures, batch.flipped))
        pasted = torch.zeros(len(pictures))
        if not course.is_last(place.epoch, course.whole):
            if course.warp:
                pictures = warp(pictures, batch.turn, batch.stretch)
            if course.recolour:
                pictures = recolour(pictures, batch.colour)
            pictures = cut_out(pictures, batch.hole, course.cutout)
            if course.cutmix:
                pictures, pasted = paste(pictures, batch.hole, batch.patch)
        return pictures.to(self.device, memory_format=torch.channels_last), pasted

    def _scores(self, model: nn.Module, inputs: Tensor) -> Tensor:
        """Class scores in float32, computed in bfloat16 where that is fast."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            scores: Tensor = model(inputs)
        return scores.float()

    @torch.no_grad()
    def predict(self, pictures: Pictures, mirrored: bool = False, batch: int = 500) -> Tensor:
        """The averaged model's class for every picture, ``(N,)``; no augmentation of any kind.

        `mirrored`: by the mean of each picture's scores and those of its mirror image.
        """
        parts = []
        for start in range(0, len(pictures.pixels), batch):
            inputs = self.data.normalise(pictures.pixels[start : start + batch]).to(
                self.device, memory_format=torch.channels_last
            )
            scores = self._scores(self.average.model, inputs)
            if mirrored:
                scores = scores + self._scores(self.average.model, inputs.flip(3))
            parts.append(scores.argmax(1).cpu())
        return torch.cat(parts)

    def accuracy(self, mirrored: bool = False) -> float:
        """Share of the test pictures that `predict` names rightly."""
        return float((self.predict(self.data.test, mirrored) == self.data.test.labels).float().mean())

    def state(self) -> dict[str, Any]:
        """Everything that a later `restore` needs, tensors and plain values only."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "average_steps": self.average.steps,
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.model.load_state_dict(state["model"])
        self.average.model.load_state_dict(state["average"])
        self.average.steps = state["average_steps"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch = state["epoch"]


def _optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """Weight decay for the weights of convolutions and linear layers, none for biases and norms."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
    fused = decayed[0].device.type in ("cpu", "cuda")  # one pass over the weights instead of five
    return torch.optim.SGD(groups, lr=recipe.courses[0].peak, momentum=recipe.momentum, nesterov=True, fused=fused)
