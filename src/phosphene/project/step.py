"""One operation on the way back, as the rules see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor
from torch.autograd.graph import Node

from phosphene.fields import view_of
from phosphene.graph import Edge, output_shapes
from phosphene.project.signal import Signal
from phosphene.project.window import Window


@dataclass(frozen=True)
class Step:
    """One operation on the way back: its autograd node and its edges towards the input.

    ``memo`` holds what all units share, for as long as units of one forward pass are sent back.
    """

    node: Node
    edges: list[Edge]
    memo: dict[tuple[Node, str], Tensor] = field(default_factory=dict)

    def shared(self, name: str, make: Callable[[], Tensor]) -> Tensor:
        """Return what ``make`` gives, which must not depend on the units: it is called once for all of them."""
        key = (self.node, name)
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the operation's (first) output."""
        return output_shapes(self.node)[0]

    @property
    def keeps_plane(self) -> bool:
        """Whether every edge leads to feature maps that the output's positions look at through a known window."""
        size = len(self.shape)
        plain = all(len(edge.shape) == size == 4 for edge in self.edges)
        return plain and view_of(self.node) is not None and (len(self.edges) == 1 or self._same_planes)

    @property
    def _same_planes(self) -> bool:
        return all(edge.shape[-2:] == self.shape[-2:] for edge in self.edges)

    def window(self, signal: Signal) -> Window:
        """Return the windows of the operation's input that a windowed signal at its output goes back to."""
        view = view_of(self.node)
        assert signal.window is not None
        assert view is not None
        window = signal.window.through(view)
        assert window is not None
        return window

    def gradients(self, *signals: Tensor) -> list[Tensor]:
        """Call PyTorch's own backward of the operation; returns the gradients along the edges."""
        call = getattr(self.node, "apply", None) if not callable(self.node) else self.node
        result = call(*signals)  # type: ignore[misc]
        results = result if isinstance(result, tuple) else (result,)
        return [results[edge.index] for edge in self.edges]
