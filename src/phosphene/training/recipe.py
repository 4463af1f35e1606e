"""How each of the two networks is trained: every number of it in one place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from phosphene.bundled.architectures import BlogNet, DeepNet
from phosphene.errors import PhospheneError, did_you_mean


@dataclass(frozen=True)
class Course:
    """A stretch of a training over which the learning rate climbs once and falls once."""

    epochs: int
    peak: float
    """Highest learning rate, for the mean loss of a batch."""
    shift: int
    """Pictures are moved by up to this many pixels either way."""
    cutout: int = 0
    """Side of the square that is hidden, in pixels; 0 for none."""
    cutmix: float = 0.0
    """Share of the pictures that get a square of another one, and part of its label."""
    warp: float = 0.0
    """Share of the pictures that are turned and stretched."""
    recolour: float = 0.0
    """Share of the pictures whose lightness, contrast and saturation are changed."""
    warm_up: float = 0.2
    """Share of the steps in which the learning rate climbs."""
    whole: float = 0.2
    """Share of the epochs, the last ones, with pictures as in a test: only moved and mirrored."""
    sharpness: float = 0.0
    """Distance within which the weights' worst neighbour is what the gradient is taken at; 0 for the weights."""
    sharp: float = 0.0
    """Share of the epochs, the last ones, in which that is done."""

    def is_last(self, epoch: int, share: float) -> bool:
        """Whether `epoch` (from 0) is among the last `share` of the epochs."""
        return epoch >= self.epochs - math.floor(share * self.epochs + 1e-9)  # 16/60 of 60 are 16


@dataclass(frozen=True)
class Place:
    """An epoch of a training, as one of a course."""

    course: Course
    index: int
    """The course's number, from 0."""
    epoch: int
    """Number within the course, from 0."""

    @property
    def gradients(self) -> int:
        """How many are computed at each step, which is how long the epoch takes."""
        return 2 if self.course.sharpness and self.course.is_last(self.epoch, self.course.sharp) else 1


@dataclass(frozen=True)
class Recipe:
    """One network and its training: stochastic gradient descent with Nesterov momentum."""

    build: Callable[[int], nn.Module]
    """Makes the untrained network for a number of classes."""
    courses: tuple[Course, ...]
    """One after the other; each begins with the averaged weights of the one before."""
    weight_decay: float
    """On the weights of convolutions and linear layers; not on biases and norms."""
    label_smoothing: float
    batch: int = 512
    momentum: float = 0.9
    average: float = 0.99
    """Decay per step of the running average of the weights, which is what is kept."""

    @property
    def epochs(self) -> int:
        """Of all courses."""
        return sum(course.epochs for course in self.courses)

    def place(self, epoch: int) -> Place:
        """Where `epoch` (from 0) of the whole training lies; IndexError beyond its end."""
        for index, course in enumerate(self.courses):
            if epoch < course.epochs:
                return Place(course, index, epoch)
            epoch -= course.epochs
        raise IndexError(f"the training has {self.epochs} epochs")

    def work(self, start: int, end: int) -> int:
        """Gradients at each step, summed over the epochs from `start` to before `end`."""
        return sum(self.place(epoch).gradients for epoch in range(start, end))

    def lasting(self, epochs: int) -> Recipe:
        """The same in `epochs` epochs (1 or more): late courses are left out, and the last that stays fills up."""
        courses: list[Course] = []
        for course in self.courses:
            if epochs > 0:
                courses.append(replace(course, epochs=min(course.epochs, epochs)))
                epochs -= course.epochs
        courses[-1] = replace(courses[-1], epochs=courses[-1].epochs + max(epochs, 0))
        return replace(self, courses=tuple(courses))


RECIPES = {
    "blog": Recipe(
        BlogNet,
        (Course(30, peak=0.1, shift=3),),
        weight_decay=1e-3,
        label_smoothing=0.1,
        batch=256,
    ),
    "deep": Recipe(
        DeepNet,
        (
            Course(50, peak=0.25, shift=4, cutout=8, cutmix=0.5, whole=0.15),
            Course(
                60,
                peak=0.15,
                shift=4,
                cutmix=0.5,
                warp=0.5,
                recolour=0.5,
                warm_up=0.1,
                whole=0.14,
                sharpness=0.07,
                sharp=16 / 60,
            ),
        ),
        weight_decay=7e-4,
        label_smoothing=0.1,
        batch=256,
        average=0.998,
    ),
}


def recipe_for(network: str) -> Recipe:
    """The recipe of `network`, "blog" or "deep"; PhospheneError for any other name."""
    if network not in RECIPES:
        raise PhospheneError(f"There is no recipe for the network {network!r}; {did_you_mean(network, RECIPES)}")
    return RECIPES[network]
