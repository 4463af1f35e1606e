"""Small things to train on, in milliseconds."""

from dataclasses import replace

import torch
from torch import nn

from phosphene.training.data import Data, Pictures
from phosphene.training.recipe import Course, Recipe


class Toy(nn.Module):
    """One convolution, a norm, dropout and a linear layer: everything that has a state of its own."""

    def __init__(self, classes):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(6, classes)

    def forward(self, x):
        return self.fc(self.dropout(torch.relu(self.norm(self.conv(x))).amax((2, 3))))


COURSE = Course(epochs=4, peak=0.1, shift=1, cutout=2, cutmix=0.3)


def course(**changes):
    return replace(COURSE, **changes)


def recipe(*courses, **changes):
    """A recipe of the given courses, or of one with these changes."""
    return Recipe(Toy, courses or (course(**changes),), weight_decay=1e-3, label_smoothing=0.0, batch=16, average=0.8)


def colours(count=64, seed=0):
    """Noise that is brighter in red for class 0 and in blue for class 1: separable, whatever is shifted."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    pixels = torch.randint(0, 120, (count, 3, 8, 8), generator=generator)
    pixels[torch.arange(count), 2 * labels] += 100
    part = Pictures(pixels.to(torch.uint8), labels)
    return Data(part, part, ("red", "blue"), (0.4, 0.25, 0.4), (0.2, 0.15, 0.2))
