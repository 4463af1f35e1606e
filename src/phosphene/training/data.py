"""The pictures of a training, all of them in memory as one uint8 tensor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.errors import PhospheneError
from phosphene.sources.images import Picture, images
from phosphene.sources.layout import SPLITS
from phosphene.sources.memory import InMemory, as_uint8

SIDE = 32
"""Height and width that both networks are made for."""
HELD_OUT = 0.1
"""Share of the pictures that are kept for testing where the data has no test pictures of its own."""


@dataclass(frozen=True)
class Pictures:
    """`pixels` uint8 ``(N, 3, H, W)`` and their classes' numbers `labels` ``(N,)``."""

    pixels: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Data:
    """Pictures to learn from and pictures to be tested on, with the colours' mean and deviation."""

    train: Pictures
    test: Pictures
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    name: str = "pictures"
    passed_over: tuple[str, ...] = ()
    """Ids of pictures that could not be read."""

    @property
    def side(self) -> int:
        """Height and width of a picture."""
        return int(self.train.pixels.shape[-1])

    def normalise(self, pixels: Tensor) -> Tensor:
        """`pixels` uint8 ``(N, 3, H, W)`` as float32 with mean 0 and deviation 1 in each colour."""
        mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (self.mean, self.std))
        return torch.addcmul(-mean / std, pixels.to(torch.float32), 1 / (255 * std))


def load_data(spec: str, seed: int = 0, progress: Callable[[int, int], None] | None = None) -> Data:
    """The pictures of a folder or .zip of class folders, or of `cifar10`, resized to 32x32.

    With `train/` and `test/` (or `val/`) folders those are the parts; otherwise a tenth, chosen by `seed`, is
    held out for testing. `progress` hears of the bytes of a download. Raises PhospheneError where there are
    not two classes, or no pictures to learn from.
    """
    chosen = images(spec, progress=progress)
    if len(chosen.classes) < 2:
        raise PhospheneError(f"{spec} has no classes to tell apart; give a folder with one sub-folder per class")
    splits = {picture.id: _split(picture) for picture in chosen}
    memory = as_uint8(chosen, (SIDE, SIDE))
    test = _is_test([splits[id] for id in memory.ids], seed)
    train = _part(memory, ~test)
    if not len(train.labels) or not test.any():
        raise PhospheneError(f"{spec} needs pictures both to learn from and to test on; add some to train/ and test/")
    mean, std = colours(train.pixels)
    passed_over = tuple(failure.id for failure in memory.failures)
    return Data(train, _part(memory, test), memory.classes, mean, std, chosen.name, passed_over)


def colours(pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each colour of uint8 ``(N, 3, H, W)``, on the scale 0 to 1."""
    values = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for channel in pixels.unbind(1):
        share = torch.bincount(channel.flatten(), minlength=256).double()
        share /= share.sum()
        mean = float((share * values).sum())
        means.append(mean)
        deviations.append(max(float((share * (values - mean) ** 2).sum()) ** 0.5, 1 / 255))
    return tuple(means), tuple(deviations)


def _split(picture: Picture) -> str | None:
    """The part that the picture's id names: "train", "test", "val", or None."""
    first = picture.id.split("/")[0]
    return None if first == picture.label else SPLITS.get(first.lower())


def _is_test(splits: list[str | None], seed: int) -> Tensor:
    """``(N,)`` bool: pictures of the test part, else of the val part, else a random tenth."""
    for wanted in ("test", "val"):
        if wanted in splits:
            return torch.tensor([split == wanted for split in splits])
    order = torch.randperm(len(splits), generator=torch.Generator().manual_seed(seed))
    return order < max(round(HELD_OUT * len(splits)), 1)


def _part(memory: InMemory, chosen: Tensor) -> Pictures:
    chosen = chosen & (memory.labels >= 0)
    return Pictures(memory.pixels[chosen], memory.labels[chosen])
