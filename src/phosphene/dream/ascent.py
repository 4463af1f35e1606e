"""The climb: a picture, moved a little, through the network to the layer and back, again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.dream.canvas import Canvas
from phosphene.dream.diversity import likeness
from phosphene.dream.layers import maps_of
from phosphene.dream.objective import Objective
from phosphene.dream.redirect import graph_between, redirect
from phosphene.dream.transforms import Movement, moved
from phosphene.network import Network

WAKING = 32  # steps in which a silent unit may be woken; after them its record is not kept for a second way back
DECAY = (0.9, 0.999)  # of Adam's two running means (Kingma & Ba 2015)
LAST = 0.25  # the part of the steps in which they become smaller, to settle


@dataclass(frozen=True)
class Plan:
    """How a climb goes.

    Attributes:
        steps: how many.
        rate: the size of the first step.
        movement: how pictures are moved before each step.
        diversity: how much the pictures of one seed are driven apart, as a part of what they are raised to.
    """

    steps: int
    rate: float
    movement: Movement
    diversity: float = 0.0


class Climb:
    """Raises an objective on the pictures of a canvas.

    Args:
        net: the network, lent for each step.
        objective: what is raised.
        canvas: the pictures, those of each seed behind those of the one before.
        generators: one source of chance for each seed.
        plan: how.
    """

    def __init__(
        self, net: Network, objective: Objective, canvas: Canvas, generators: Sequence[torch.Generator], plan: Plan
    ) -> None:
        self._net, self._objective, self._canvas = net, objective, canvas
        self._generators, self._plan = generators, plan
        self._each = len(canvas.free) // len(generators)
        self._mean, self._square = torch.zeros_like(canvas.free), torch.zeros_like(canvas.free)

    def run(self, tell: Callable[[int, float], None]) -> Tensor:
        """Take all steps; ``tell`` hears their number and the mean of the objective.

        Returns:
            (N, H, W) the size of the gradient at each pixel, summed over all steps: what mattered (Fel et al. 2023).
        """
        importance = torch.zeros(())
        for step in range(self._plan.steps):
            value, slope = self._step(step)
            importance = importance.to(slope) + slope.abs().mean(1)
            tell(step + 1, value)
        return importance

    def _step(self, step: int) -> tuple[float, Tensor]:
        with torch.enable_grad():
            picture = self._canvas.picture()
            value, slope = self._slope(picture, waking=step < WAKING)
            (gradient,) = torch.autograd.grad(picture, self._canvas.free, slope)
        self._move(gradient, step)
        return value, slope

    def _slope(self, picture: Tensor, waking: bool) -> tuple[float, Tensor]:
        """Return the objective's mean and its gradient by the pictures, each of root mean square 1 (or 0)."""
        seen = self._seen(picture)
        maps = maps_of(self._net, seen, self._objective.layers)
        value = self._objective.value(maps)
        goal = value.sum()
        if self._plan.diversity and self._each > 1:
            goal = goal - self._plan.diversity * self._alike(maps, value)
        (slope,) = torch.autograd.grad(goal, picture, retain_graph=waking)
        if waking and not bool(slope.flatten(1).any(1).all()):
            redirect(graph_between(goal, seen))
            (slope,) = torch.autograd.grad(goal, picture)
        size = slope.square().mean((1, 2, 3), keepdim=True).sqrt()
        return float(value.detach().mean()), torch.where(size > 0, slope / size, 0.0)

    def _seen(self, picture: Tensor) -> Tensor:
        """Return what the network is given: the pictures moved, as its inputs, with a ``grad_fn`` of their own."""
        moves = [self._plan.movement.draw(self._each, _size(picture), g) for g in self._generators]
        given = moved(picture, torch.cat(moves))
        inputs = self._net.scale.to_inputs(given).to(self._net.dtype)
        return inputs.clone(memory_format=torch.channels_last)

    def _alike(self, maps: dict[str, Tensor], value: Tensor) -> Tensor:
        """Return how alike the pictures of each seed are, in units of the objective."""
        first = next(iter(maps.values()))
        groups = first.reshape(len(self._generators), self._each, *first.shape[1:])
        return value.detach().abs().mean() * torch.stack([likeness(group) for group in groups]).sum() * self._each

    def _move(self, gradient: Tensor, step: int) -> None:
        """Step uphill (Adam)."""
        first, second = DECAY
        self._mean.lerp_(gradient, 1 - first)
        self._square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        mean, square = self._mean / (1 - first ** (step + 1)), self._square / (1 - second ** (step + 1))
        left = (self._plan.steps - step) / (LAST * self._plan.steps)
        with torch.no_grad():
            self._canvas.free.add_(mean / (square.sqrt() + 1e-12), alpha=self._plan.rate * min(1.0, left))


def _size(picture: Tensor) -> tuple[int, int]:
    return picture.shape[2], picture.shape[3]
