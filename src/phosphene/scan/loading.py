"""Pictures decoded ahead of the network, batch by batch, with nothing kept after its batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Integers
from phosphene.atlas.records import Failure, ImageRow
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing
from phosphene.sources.decode import BrokenPicture
from phosphene.sources.images import Picture

THREADS = 2
AHEAD = 3  # batches that wait for the network at most


@dataclass
class Loaded:
    """A batch: pictures ``first`` to ``end`` of the set; the broken ones have no row in ``inputs``."""

    first: int
    end: int
    inputs: Tensor | None = None
    rows: list[ImageRow] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    labels: Integers = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def numbers(self) -> Integers:
        """(N,) the pictures' numbers in the set."""
        return np.array([row.index for row in self.rows], np.int64)


def loaded(
    net: Network, pictures: Iterator[Picture], classes: Mapping[str, int], size: int, first: int
) -> Iterator[Loaded]:
    """Yield batches of ``size`` pictures, numbered from ``first``, decoded by threads ahead of their use."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[Loaded]] = deque()
        try:
            while True:
                while len(waiting) < AHEAD and (some := list(islice(pictures, size))):
                    waiting.append(pool.submit(_load, net, some, classes, first))
                    first += len(some)
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _load(net: Network, pictures: list[Picture], classes: Mapping[str, int], first: int) -> Loaded:
    batch = Loaded(first, first + len(pictures))
    cells: list[np.ndarray] = []
    tensors: list[Tensor] = []
    labels = []
    plain = net.preprocess if isinstance(net.preprocess, Preprocessing) else None
    for index, picture in enumerate(pictures, first):
        try:
            image = picture.open()
        except BrokenPicture as broken:
            batch.failures.append(Failure(picture.id, broken.reason))
            continue
        if plain is not None:
            cells.append(plain.cells(image))
        else:
            tensors.append(net.preprocess(image))
        batch.rows.append(ImageRow(index, picture.id, picture.label, image.width, image.height))
        labels.append(classes.get(picture.label, -1) if picture.label is not None else -1)
    if batch.rows:
        batch.inputs = plain.scaled(np.stack(cells)) if plain is not None else torch.stack(tensors)
        batch.labels = np.array(labels, np.int64)
    return batch
