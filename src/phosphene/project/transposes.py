"""The transposes (or gradients) of single operations, for a batch of signals that share one forward pass.

Each function takes a `Step` and the signal at the operation's output, and returns one signal for each of its edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.fields import view_of
from phosphene.geometry import pair
from phosphene.graph import Edge, output_shapes, saved
from phosphene.project.convolution import Convolution
from phosphene.project.signal import Signal, summed_to
from phosphene.project.window import Window


@dataclass(frozen=True)
class Step:
    """One operation on the way back: its autograd node and its edges towards the input."""

    node: Node
    edges: list[Edge]

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


def by_gradient(step: Step, signal: Signal) -> list[Signal]:
    """Send back by PyTorch's own backward, unit by unit: right for every operation, never fast."""
    values = signal.dense(step.shape)
    return by_gradients(step, [values])


def by_gradients(step: Step, outputs: list[Tensor]) -> list[Signal]:
    """Like `by_gradient` for an operation with several outputs, one (U, ...) tensor for each."""
    per_unit = [step.gradients(*signals) for signals in zip(*outputs, strict=True)]
    return [Signal(torch.stack(list(results))) for results in zip(*per_unit, strict=True)]


def by_slope(step: Step, signal: Signal) -> list[Signal]:
    """Send back through an operation that acts on every number alone: times its slope, computed once for all units."""
    ones = torch.ones(step.shape, dtype=signal.values.dtype, device=signal.values.device)
    sent = []
    for edge, slope in zip(step.edges, step.gradients(ones), strict=True):
        if edge.shape == step.shape:
            own = signal.values if len(step.edges) == 1 else signal.values.clone()
            sent.append(signal.with_values(own.mul_(signal.along(slope))))
        else:
            sent.append(Signal(summed_to(signal.dense(step.shape) * slope, edge.shape)))
    return sent


def normalisation(step: Step, signal: Signal) -> list[Signal]:
    """Send back through batch norm in inference mode: a factor for each channel."""
    node = step.node
    scale = torch.rsqrt(saved(node, "running_var") + saved(node, "eps"))
    weight = saved(node, "weight")
    if weight is not None:
        scale = scale * weight.detach()
    factor = scale.reshape(1, -1, *[1] * (len(step.shape) - 2)).to(signal.values.dtype)
    return [signal.with_values(signal.values.mul_(signal.along(factor)))]


def sum_of_two(step: Step, signal: Signal) -> list[Signal]:
    """Send back through ``a + alpha * b``, or through a mere copy."""
    alpha = float(getattr(step.node, "_saved_alpha", 1))
    factors = [alpha if edge.index == 1 else 1.0 for edge in step.edges]
    sent = [signal, *(signal.with_values(signal.values.clone()) for _ in step.edges[1:])]
    for one, factor in zip(sent, factors, strict=True):
        if factor != 1:
            one.values.mul_(factor)
    return [
        one if edge.shape == step.shape else Signal(summed_to(one.dense(step.shape), edge.shape))
        for edge, one in zip(step.edges, sent, strict=True)
    ]


def reshape(step: Step, signal: Signal) -> list[Signal]:
    """Send back through a change of shape only."""
    values = signal.dense(step.shape)
    return [Signal(values.reshape(len(values), *edge.shape)) for edge in step.edges]


def concatenation(step: Step, signal: Signal) -> list[Signal]:
    """Send back through a concatenation: each input gets its slice."""
    signal = signal.all_channels(step.shape)
    dim = _signed(saved(step.node, "dim")) % len(step.shape)
    known = {edge.index: edge.shape[dim] for edge in step.edges}
    if len(known) < len(step.node.next_functions):
        return by_gradient(step, signal)
    starts = [sum(known[i] for i in range(index)) for index in known]
    return [
        signal.with_values(signal.values.narrow(dim + 1, starts[edge.index], known[edge.index])) for edge in step.edges
    ]


def _signed(dim: int) -> int:
    """Autograd saves dimensions as unsigned numbers: bring negative ones back."""
    return dim - 2**64 if dim >= 2**63 else dim


def matrix(step: Step, signal: Signal) -> list[Signal]:
    """Send back through ``x @ w`` (+ bias): ``R @ w.T``."""
    weight = saved(step.node, "mat2")
    position = 1 if step.node.name().startswith("Addmm") else 0
    if [edge.index for edge in step.edges] != [position] or weight is None:
        return by_gradient(step, signal)
    alpha = float(getattr(step.node, "_saved_alpha", 1))
    return [Signal(signal.values @ weight.T * alpha if alpha != 1 else signal.values @ weight.T)]


def convolution(step: Step, signal: Signal) -> list[Signal]:
    """Send back through a 2-d convolution: a convolution with its filters transposed, without the bias."""
    node = step.node
    if saved(node, "transposed") or saved(node, "weight").ndim != 4 or [edge.index for edge in step.edges] != [0]:
        return by_gradient(step, signal)
    forward = Convolution.of(node, step.edges[0].shape)
    if signal.window is None:
        return [forward.back(signal)]
    window = step.window(signal)
    sent = forward.without_padding(window.size).back(Signal(signal.values, signal.channel))
    return [Signal(window.cleared(sent.values, step.edges[0].shape), sent.channel, window)]


# -- max-pooling -------------------------------------------------------------------------------------------------


def switches(step: Step, signal: Signal) -> list[Signal]:
    """Send back to the recorded maximum of each window, summed where windows overlap."""
    node, shape = step.node, step.edges[0].shape
    kernel, stride, padding, dilation = pooling_settings(node)
    if len(shape) != 4:
        return by_gradient(step, signal)
    target = Signal(signal.values, signal.channel, step.window(signal) if signal.window else None)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        chosen = step.gradients(torch.ones(step.shape, dtype=signal.values.dtype, device=signal.values.device))[0]
        return [target.with_values(_widened(signal.values, kernel, target.plane(shape), target.along(chosen)))]
    return [target.with_values(_to_switches(node, signal, target, shape))]


def pooling_settings(node: Node) -> tuple[tuple[int, int], ...]:
    """Return kernel, stride, padding and dilation of a max-pool node, each as (rows, columns)."""
    kernel = pair(saved(node, "kernel_size"))
    return kernel, pair(saved(node, "stride"), kernel), pair(saved(node, "padding")), pair(saved(node, "dilation"))


def _widened(values: Tensor, kernel: tuple[int, int], shape: tuple[int, ...], chosen: Tensor | None = None) -> Tensor:
    """Give every pixel of a window its value, times ``chosen`` (..., H, W) if given, in channels-last order.

    The last windows may be cut off (ceil_mode) or leave a rest without window.
    """
    units, images, channels, height, width = values.shape
    canvas = values.new_empty(units, images, height, kernel[0], width, kernel[1], channels).permute(0, 1, 6, 2, 3, 4, 5)
    spread = values[..., :, None, :, None]
    if chosen is None:
        canvas.copy_(spread.expand_as(canvas))
    else:
        framed = _framed(chosen, (height * kernel[0], width * kernel[1]))
        torch.mul(spread, framed.reshape(*framed.shape[:-2], height, kernel[0], width, kernel[1]), out=canvas)
    wide = canvas.permute(0, 1, 3, 4, 5, 6, 2).reshape(units, images, height * kernel[0], width * kernel[1], channels)
    return _framed(wide.permute(0, 1, 4, 2, 3), shape[-2:])


def _framed(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    """Cut or fill with zeros at the bottom and the right, to ``size`` (H, W)."""
    if tuple(maps.shape[-2:]) == tuple(size):
        return maps
    cut = maps[..., : size[0], : size[1]]
    return F.pad(cut, (0, size[1] - cut.shape[-1], 0, size[0] - cut.shape[-2]))


def _to_switches(node: Node, signal: Signal, target: Signal, shape: tuple[int, ...]) -> Tensor:
    height, width = target.plane(shape)
    places = signal.along(saved(node, "result1"))
    if target.window is not None:
        # Recorded positions count in the whole plane. Where a window overhangs the values are zero, so any place does.
        top, left = (start[:, :, None, None, None] for start in target.window.starts)
        places = (places // shape[-1] - top) * width + places % shape[-1] - left
        places = places.clamp(0, height * width - 1)
    lead = signal.values.shape[:-2]
    sent = signal.values.new_zeros(*lead, height * width)
    sent.scatter_add_(-1, places.flatten(-2).expand(*lead, -1), signal.values.flatten(-2))
    return sent.reshape(*lead, height, width)


def fill(step: Step, signal: Signal) -> list[Signal]:
    """Send back to every pixel of each window; the mean where windows overlap (the blog's simple un-pooling)."""
    node, shape = step.node, step.edges[0].shape
    if not hasattr(node, "_saved_kernel_size"):
        return [signal.with_values(_filled_adaptive(signal.values, shape))]
    kernel, stride, padding, dilation = pooling_settings(node)
    target = Signal(signal.values, signal.channel, step.window(signal) if signal.window else None)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        sent = _widened(signal.values, kernel, target.plane(shape))
        return [target.with_values(target.window.cleared(sent, shape) if target.window else sent)]
    counts = _scattered(signal.values.new_ones(1, 1, *step.shape[-2:]), kernel, stride, padding, dilation, shape)
    spread = _scattered(
        signal.values.flatten(0, -3).unsqueeze(1),
        kernel,
        stride,
        (0, 0) if target.window else padding,
        dilation,
        target.plane(shape),
    ).reshape(*signal.values.shape[:-2], *target.plane(shape))
    if target.window is not None:
        spread = target.window.cleared(spread, shape)
    return [target.with_values(spread / target.along(counts.clamp(min=1).expand(shape[0], 1, -1, -1)))]


def _scattered(
    maps: Tensor,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    shape: tuple[int, ...],
) -> Tensor:
    """Add each window's value to all of its pixels; what falls on padding is dropped."""
    ones = torch.ones(1, 1, *kernel, dtype=maps.dtype, device=maps.device)
    canvas = F.conv_transpose2d(maps, ones, stride=stride, dilation=dilation)
    missing = [max(0, p + n - m) for p, n, m in zip(padding, shape[-2:], canvas.shape[-2:], strict=True)]
    canvas = F.pad(canvas, (0, missing[1], 0, missing[0]))
    return canvas[..., padding[0] : padding[0] + shape[-2], padding[1] : padding[1] + shape[-1]]


def _filled_adaptive(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Fill the windows of an adaptive pool, whose borders are floor(i H / h) to ceil((i + 1) H / h)."""
    rows, columns = (_adaptive_windows(n, m, values) for n, m in zip(shape[-2:], values.shape[-2:], strict=True))
    total = rows.T @ values @ columns
    windows = rows.sum(0)[:, None] * columns.sum(0)[None, :]
    return total / windows


def _adaptive_windows(size: int, windows: int, like: Tensor) -> Tensor:
    """Return the 0/1 matrix (windows, size) of which pixels each window of one axis holds."""
    index, pixel = torch.arange(windows)[:, None], torch.arange(size)[None, :]
    inside = (pixel >= index * size // windows) & (pixel < -(-(index + 1) * size // windows))
    return inside.to(like)
