"""The network's output with one unit held at a value, without computing again what lies before it.

On the first run the tensors that the model makes before the layer's output are kept; on every further run they are
handed out in place of computing them, with one unit of the layer's output overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from phosphene.network import Network
from phosphene.tape import Event, borrowed, run


class _Replay(TorchFunctionMode):
    """Keeps the results of calls that give tensors; handed out again, in order, while there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[Callable[..., Any], Any]] = []
        self.recording = True
        self._next = 0

    def restart(self) -> None:
        """Hand out from the first call again."""
        self.recording, self._next = False, 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if not self.recording and self._next < len(self.kept) and self.kept[self._next][0] == func:
            self._next += 1
            return self.kept[self._next - 1][1]
        output = func(*args, **(kwargs or {}))
        if self.recording and any(True for _ in _tensors(output)):
            self.kept.append((func, output))
        return output


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)


class Held:
    """The network on one batch of inputs, stopped behind a layer, ready to go on with units of it held.

    Args:
        net: the network; its model is given back as it was.
        layer: the layer's name.
        inputs: (N, C, H, W), the model's own.
    """

    def __init__(self, net: Network, layer: str, inputs: Tensor) -> None:
        self._net, self._layer, self._inputs = net, layer, inputs
        self._plain: Tensor | None = None
        self._record()

    def _record(self) -> None:
        found: list[Event] = []

        def stop(event: Event) -> bool:
            if event.name == self._layer:
                found.append(event)
            return bool(found)

        self._replay = _Replay()
        with torch.no_grad(), self._replay:
            run(self._net.model, self._inputs.clone(), stop)
        self._output, self._axis = found[0].output, found[0].axis
        self._before = self._output.clone()
        self._versions = self._now()

    def _now(self) -> list[int]:
        kept = (tensor for _, output in self._replay.kept for tensor in _tensors(output))
        return [tensor._version for tensor in kept if tensor is not self._output]

    @property
    def maps(self) -> Tensor:
        """The layer's output with units in the first dimension, nothing held."""
        return self._before.movedim(self._axis, 0)

    def scores(self, unit: int | None = None, value: float = 0.0) -> Tensor:
        """Return the model's output with ``unit`` held at ``value`` everywhere (None: with nothing held)."""
        if self._now() != self._versions:  # the model worked in place on what was kept
            self._record()
        with torch.no_grad():
            self._output.copy_(self._before)
            if unit is not None:
                self._output.select(self._axis, unit).fill_(value)
        self._versions = self._now()
        self._replay.restart()
        with torch.no_grad(), borrowed(self._net.model), self._replay:
            output: Tensor = self._net.model(self._inputs.clone())
        return output
