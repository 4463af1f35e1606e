"""Batches of pictures in, summaries of every layer out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats, Integers
from phosphene.axes import to_maps
from phosphene.geometry import View
from phosphene.network import Layer, Network
from phosphene.scan import draws, seen
from phosphene.scan.fast import fast_copy
from phosphene.scan.sample import Members
from phosphene.scan.state import State
from phosphene.scan.summary import Batch, Kept, Look, Summary
from phosphene.tape import Event, run


class Scanner:
    """Keeps what matters of every unit of some layers, batch by batch.

    Args:
        net: the network; a fast copy of its model is run, the model itself is left alone.
        layers: those to look at.
        kept: how much to keep.
        classes: number of classes that pictures may have.
        precision: "float32", or "bf16", which is faster and coarser.
        every: correlations and what is plainly visible are taken from one picture in so many.
    """

    def __init__(
        self,
        net: Network,
        layers: Sequence[Layer],
        kept: Kept | None = None,
        classes: int = 0,
        precision: str = "float32",
        every: int = 1,
    ) -> None:
        self.net, self.layers, self.kept, self.classes, self.every = net, tuple(layers), kept or Kept(), classes, every
        self._dtype = torch.bfloat16 if precision == "bf16" else net.dtype
        self.model = fast_copy(net, [layer.name for layer in layers], self._dtype)
        self.members = Members.empty(self.kept.sample)
        features = len(seen.names(net.input_size[0]))
        self.summaries = {
            layer.name: Summary.empty(layer.units, layer.view, self.kept, classes, features) for layer in layers
        }

    @torch.no_grad()
    def add(self, inputs: Tensor, names: Sequence[str], images: Integers, labels: Integers) -> None:
        """Take in a batch: the model's inputs (N, C, H, W), the pictures' names, numbers and classes (-1: none)."""
        hashes = np.array([draws.hash_of(name) for name in names], np.uint64)
        rows = np.flatnonzero(hashes // np.uint64(2**16) % np.uint64(self.every) == 0)
        look: Look = _Looking(self.net, inputs[rows]) if len(rows) else _nothing
        batch = Batch(images, labels, self.members.add(hashes, images), rows, hashes[rows], look)
        waiting = set(self.summaries)

        def visit(event: Event) -> bool:
            if event.name in waiting:
                waiting.remove(event.name)
                self.summaries[event.name].add(to_maps(event.output, event.axis), batch)
            return not waiting

        moved = inputs.to(self.net.device, self._dtype, memory_format=torch.channels_last)
        run(self.model, moved.clone() if moved is inputs else moved, visit)

    def state(self) -> Mapping[str, State]:
        """Return all that must be written to go on later, or to read the results: arrays by layer.

        A layer's are made when they are asked for, from the figures as they then are: all at once would be as large
        again as all that is kept.
        """
        return _States(self.summaries, self.members)

    def restore(self, state: Mapping[str, State]) -> None:
        """Go on from what `state` gave."""
        for layer in self.layers:
            self.members = Members.of(state[layer.name], self.kept.sample)
            self.summaries[layer.name] = Summary.of(state[layer.name], layer.view, self.kept)

    def merge(self, other: Scanner) -> None:
        """Take in what a scan of other images of the same set, numbered alike, has found."""
        sample = self.members.add(other.members.hash, other.members.image)
        for name, summary in self.summaries.items():
            summary.merge(other.summaries[name], sample)


class _States(Mapping[str, State]):
    """The arrays of every layer, made one layer at a time."""

    def __init__(self, summaries: Mapping[str, Summary], members: Members) -> None:
        self._summaries, self._members = summaries, members

    def __getitem__(self, name: str) -> State:
        return self._summaries[name].state(self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._summaries)

    def __len__(self) -> int:
        return len(self._summaries)


class _Looking:
    """What is plainly visible in a batch's pictures; measured when the first layer asks."""

    def __init__(self, net: Network, inputs: Tensor) -> None:
        self._net, self._inputs = net, inputs

    @cached_property
    def _planes(self) -> seen.Planes | None:
        if not seen.names(self._inputs.shape[1]):
            return None
        return seen.Planes.of(self._net.scale.to_picture(self._inputs.float()).cpu())

    def __call__(self, view: View | None, places: Integers, width: int) -> Floats:
        if self._planes is None:
            return np.zeros((places.size, 0))
        return self._planes.over(view, places, width)


def _nothing(view: View | None, places: Integers, width: int) -> Floats:
    return np.zeros((0, 0))
