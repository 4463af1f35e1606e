"""Every convolution and pooling of a run with what it was given, whichever way the model is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from phosphene.network import Network
from phosphene.tape import Event, operation_name, run

# The parameters of each operation, in order, and where the stride stands.
_PARAMETERS = {
    "conv2d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool2d": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
}
_RECTIFIERS = frozenset("relu relu6 hardtanh threshold clamp clamp_min".split())
_SCALES = frozenset({"batch_norm"})


@dataclass(frozen=True)
class Call:
    """One convolution or pooling.

    Attributes:
        name: the layer's.
        kind: ``conv2d``, ``max_pool2d`` or ``avg_pool2d``.
        function: the operation that PyTorch was asked for.
        given: its arguments by name.
        output: (N, K, H, W).
    """

    name: str
    kind: str
    function: Callable[..., Tensor]
    given: dict[str, Any]
    output: Tensor

    @property
    def weight(self) -> Tensor | None:
        """The filters (K, C, h, w) of a convolution."""
        return self.given.get("weight")

    @property
    def groups(self) -> int:
        """Into how many groups the channels of a convolution fall."""
        return int(self.given.get("groups", 1))

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels of the layer's input between neighbouring positions, (rows, columns)."""
        stride = self.given.get("stride")
        if stride is None or stride == []:  # of a pooling: as its window
            stride = self.given.get("kernel_size", 1)
        down, across = (stride, stride) if isinstance(stride, int) else (stride[0], stride[-1])
        return int(down), int(across)

    def dense(self) -> Tensor:
        """Return the output at every pixel of the input: the same operation with stride 1."""
        return self.function(**{**self.given, "stride": 1})


class _Watch(TorchFunctionMode):
    """Remembers the last convolution or pooling, and what a rectifier makes of convolutions."""

    def __init__(self, rectified: Callable[[str, Tensor], None]) -> None:
        super().__init__()
        self.last: tuple[str, Callable[..., Tensor], dict[str, Any], Tensor] | None = None
        self._owner: list[tuple[Tensor, str]] = []  # outputs of the convolutions that may still be rectified
        self._rectified = rectified

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kind, kwargs = operation_name(func), kwargs or {}
        owner = self.owner_of(args[0]) if kind in _RECTIFIERS | _SCALES and args else None
        output = func(*args, **kwargs)
        if kind in _PARAMETERS and isinstance(output, Tensor):
            given = {**dict(zip(_PARAMETERS[kind], args, strict=False)), **_known(kind, kwargs)}
            self.last = kind, func, given, output
        elif owner is not None and kind in _SCALES:
            self.owns(output, owner)
        elif owner is not None:
            self._rectified(owner, output)
        return output

    def owns(self, output: Tensor, name: str) -> None:
        """Note whose output this is; few are remembered, for a rectifier follows soon."""
        self._owner = [*self._owner[-15:], (output, name)]

    def owner_of(self, tensor: object) -> str | None:
        return next((name for held, name in self._owner if held is tensor), None)


def _known(kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name in _PARAMETERS[kind]}


def watch(
    net: Network,
    inputs: Tensor,
    called: Callable[[Call], None],
    rectified: Callable[[str, Tensor], None] = lambda name, output: None,
) -> None:
    """Run the network on ``inputs`` (N, C, H, W) and hand on every 2-D convolution and pooling when it is done.

    ``rectified`` hears the name of a convolution and what a ReLU (ReLU6, clamp ...) right behind it, or behind its
    batch norm, made of its maps.
    """
    mode = _Watch(rectified)

    def visit(event: Event) -> bool:
        last = mode.last
        if last is not None and last[3] is event.output and event.kind == last[0]:
            kind, function, given, output = last
            if kind == "conv2d":
                mode.owns(output, event.name)
            called(Call(event.name, kind, function, given, output))
            mode.last = None
        return False

    with torch.no_grad(), mode:
        x = net.prepare(inputs).clone(memory_format=torch.channels_last)  # convolutions are twice as fast
        run(net.model, x, visit)
