"""One operation on the way back, as the rules see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.fields import view_of
from phosphene.geometry import View
from phosphene.graph import Edge, output_shapes
from phosphene.project.window import Window


@dataclass(frozen=True)
class Step:
    """One operation on the way back: its autograd node and its edges towards the input.

    ``memo`` holds what all units of one forward pass share.
    """

    node: Node
    edges: list[Edge]
    memo: dict[str, Tensor] = field(default_factory=dict)

    def shared(self, name: str, make: Callable[[], Tensor]) -> Tensor:
        """Return what ``make`` gives, which must not depend on the units: it is called once for all of them."""
        if name not in self.memo:
            self.memo[name] = make()
        return self.memo[name]

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the operation's outputs."""
        return output_shapes(self.node)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the operation's (first) output."""
        return self.shapes[0]

    @cached_property
    def slopes(self) -> list[Tensor]:
        """What ones at the output become along each edge: slopes, or 1 where a pool found its maximum."""
        output = self.node._input_metadata[0]
        ones = torch.ones(self.shape, dtype=output.dtype, device=output.device)
        return [_channels_last(slope) for slope in self.gradients(ones)]

    @cached_property
    def view(self) -> View | None:
        """What positions of the output's feature maps see of the input's, or None."""
        return view_of(self.node)

    @cached_property
    def keeps_plane(self) -> bool:
        """Whether every edge leads to feature maps that the output's positions look at through a known window."""
        size = len(self.shape)
        plain = all(len(edge.shape) == size == 4 for edge in self.edges)
        return plain and self.view is not None and (len(self.edges) == 1 or self._same_planes)

    @property
    def _same_planes(self) -> bool:
        return all(edge.shape[-2:] == self.shape[-2:] for edge in self.edges)

    def through(self, window: Window) -> Window:
        """Return the windows of the operation's input that signals in ``window`` of its output go back to."""
        assert self.view is not None
        seen = window.through(self.view)
        assert seen is not None
        return seen

    def gradients(self, *signals: Tensor) -> list[Tensor]:
        """Call PyTorch's own backward of the operation; returns the gradients along the edges."""
        call = getattr(self.node, "apply", None) if not callable(self.node) else self.node
        result = call(*signals)  # type: ignore[misc]
        results = result if isinstance(result, tuple) else (result,)
        return [results[edge.index] for edge in self.edges]


def _channels_last(maps: Tensor) -> Tensor:
    """Return ``maps`` in the order in which convolutions give and take signals."""
    return maps.contiguous(memory_format=torch.channels_last) if maps.ndim == 4 else maps
