"""How each of the two networks is trained: every number of it in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from phosphene.bundled.architectures import BlogNet, DeepNet
from phosphene.errors import PhospheneError, did_you_mean


@dataclass(frozen=True)
class Recipe:
    """One network and its training: stochastic gradient descent with Nesterov momentum."""

    build: Callable[[int], nn.Module]
    """Makes the untrained network for a number of classes."""
    epochs: int
    peak: float
    """Highest learning rate, for the mean loss of a batch."""
    weight_decay: float
    """On the weights of convolutions and linear layers; not on biases and norms."""
    shift: int
    """Pictures are moved by up to this many pixels either way."""
    cutout: int
    """Side of the square that is hidden, in pixels; 0 for none."""
    label_smoothing: float
    cutmix: float = 0.0
    """Share of the pictures that get a square of another one, and part of its label."""
    batch: int = 512
    momentum: float = 0.9
    warm_up: float = 0.2
    """Share of the steps in which the learning rate climbs."""
    whole: float = 0.2
    """Share of the epochs, the last ones, in which nothing is hidden or pasted: pictures are then as in a test."""
    average: float = 0.99
    """Decay per step of the running average of the weights, which is what is kept."""


RECIPES = {
    "blog": Recipe(
        BlogNet,
        epochs=30,
        peak=0.1,
        weight_decay=1e-3,
        shift=3,
        cutout=0,
        label_smoothing=0.1,
        batch=256,
    ),
    "deep": Recipe(
        DeepNet,
        epochs=50,
        peak=0.25,
        weight_decay=7e-4,
        shift=4,
        cutout=8,
        label_smoothing=0.1,
        cutmix=0.5,
        batch=256,
        average=0.998,
        whole=0.15,
    ),
}


def recipe_for(network: str) -> Recipe:
    """The recipe of `network`, "blog" or "deep"; PhospheneError for any other name."""
    if network not in RECIPES:
        raise PhospheneError(f"There is no recipe for the network {network!r}; {did_you_mean(network, RECIPES)}")
    return RECIPES[network]
