"""The pictures that a network is shown one after the other: their names, classes and inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from phosphene.arrays import Integers
from phosphene.errors import PhospheneError, UsageError
from phosphene.network import Network
from phosphene.paper.answers import VALUES
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.images import images as open_images


class Shown:
    """Up to ``limit`` pictures, opened each time they are asked for, so that none is held.

    Attributes:
        names: of the pictures.
        labels: (N,) index into ``classes``, or -1.
        classes: names.

    Args:
        net: whose preprocessing is used.
        images: what `phosphene.images` takes, or inputs (N, C, H, W).
        limit: of a larger set so many are taken, always the same ones, from all of it.
        labels: the class of each picture, where the set does not know them.

    Raises:
        UsageError: there is nothing of that name, or another number of labels than of pictures.
    """

    def __init__(self, net: Network, images: object, limit: int, labels: Sequence[str | int] | None = None) -> None:
        self._net = net
        self._inputs: Tensor | None = None
        if isinstance(images, Tensor):
            self._inputs = net.prepare(images)[:limit]
            self.names = tuple(f"image {index}" for index in range(len(self._inputs)))
            given: list[str | None] = [None] * len(self._inputs)
        else:
            found = open_images(images)  # type: ignore[arg-type]
            self._pictures = found.take(limit) if len(found) > limit else found
            given = [picture.label for picture in self._pictures]
            self.names = tuple(picture.id for picture in self._pictures)
        if labels is not None:
            given = [str(label) for label in labels]
        if len(given) != len(self.names):
            raise UsageError(f"there are {len(given)} labels for {len(self.names)} pictures; give one for each")
        self.classes = tuple(sorted({label for label in given if label is not None}))
        number = {name: index for index, name in enumerate(self.classes)}
        self.labels: Integers = np.array([-1 if label is None else number[label] for label in given], np.int64)

    def __len__(self) -> int:
        return len(self.names)

    def batches(self) -> Iterator[tuple[list[int], Tensor]]:
        """Yield the numbers of some pictures and their inputs (n, C, H, W); broken ones are passed over.

        Raises:
            PhospheneError: none of them can be read.
        """
        channels, height, width = self._net.input_size
        few = max(1, VALUES // 4 // (channels * height * width))  # whoever asks may keep the maps of many layers
        none = True
        for start in range(0, len(self), few):
            opened = list(self._opened(range(start, min(start + few, len(self)))))
            if opened:
                none = False
                yield [index for index, _ in opened], self._prepared([picture for _, picture in opened])
        if none:
            raise PhospheneError("no picture can be read; give another folder or file")

    def inputs(self, indices: Sequence[int]) -> Tensor:
        """Return the inputs (n, C, H, W) of pictures that `batches` yielded, by their numbers."""
        return self._prepared([picture for _, picture in self._opened(indices)])

    def _opened(self, indices: Sequence[int]) -> Iterator[tuple[int, Image.Image | Tensor]]:
        for index in indices:
            try:
                yield index, self._pictures[index].open() if self._inputs is None else self._inputs[index]
            except BrokenPicture:
                continue

    def _prepared(self, pictures: list[Image.Image | Tensor]) -> Tensor:
        tensors = [each for each in pictures if isinstance(each, Tensor)]
        return self._net.prepare(torch.stack(tensors) if tensors else pictures)
