"""The transposes (or gradients) of single operations, for a batch of signals that share one forward pass.

Each function takes a `Step` and the signal at the operation's output, and returns one signal for each of its edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.geometry import pair
from phosphene.graph import Edge, output_shapes, saved
from phosphene.project.signal import Signal, summed_to


@dataclass(frozen=True)
class Step:
    """One operation on the way back: its autograd node and its edges towards the input."""

    node: Node
    edges: list[Edge]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the operation's (first) output."""
        return output_shapes(self.node)[0]

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
            sent.append(signal.with_values(signal.values * signal.along(slope)))
        else:
            sent.append(Signal(summed_to(signal.dense(step.shape) * slope, edge.shape)))
    return sent


def sum_of_two(step: Step, signal: Signal) -> list[Signal]:
    """Send back through ``a + alpha * b``, or through a mere copy."""
    alpha = float(getattr(step.node, "_saved_alpha", 1))
    factors = [alpha if edge.index == 1 else 1.0 for edge in step.edges]
    sent = [signal if factor == 1 else signal.with_values(signal.values * factor) for factor in factors]
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
    values = signal.dense(step.shape)
    dim = _signed(saved(step.node, "dim")) % len(step.shape)
    known = {edge.index: edge.shape[dim] for edge in step.edges}
    if len(known) < len(step.node.next_functions):
        return by_gradient(step, signal)
    starts = [sum(known[i] for i in range(index)) for index in known]
    return [Signal(values.narrow(dim + 1, starts[edge.index], known[edge.index])) for edge in step.edges]


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


# -- convolution -------------------------------------------------------------------------------------------------


def convolution(step: Step, signal: Signal) -> list[Signal]:
    """Send back through a 2-d convolution: a convolution with its filters transposed, without the bias."""
    node = step.node
    if saved(node, "transposed") or saved(node, "weight").ndim != 4 or [edge.index for edge in step.edges] != [0]:
        return by_gradient(step, signal)
    weight = saved(node, "weight").detach()
    if signal.channel is not None:
        return [_from_one_channel(node, weight, signal, step.edges[0].shape)]
    return [Signal(_from_all_channels(node, weight, signal.values, step.edges[0].shape))]


def _from_all_channels(node: Node, weight: Tensor, values: Tensor, shape: tuple[int, ...]) -> Tensor:
    units = len(values)
    stride, padding, dilation = _settings(node)
    flat = values.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    kernel = weight.shape[2:]
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if stride == (1, 1) and saved(node, "groups") == 1 and all(r >= p for r, p in zip(reach, padding, strict=True)):
        # With stride 1 the transpose is a plain convolution, which runs faster than conv_transpose2d.
        turned = weight.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)
        around = [r - p for r, p in zip(reach, padding, strict=True)]
        sent = F.conv2d(flat, turned, padding=around, dilation=dilation)
    else:
        extra = [
            n - ((m - 1) * s - 2 * p + r + 1)
            for n, m, s, p, r in zip(shape[2:], values.shape[3:], stride, padding, reach, strict=True)
        ]
        sent = F.conv_transpose2d(flat, weight, None, stride, padding, extra, saved(node, "groups"), dilation)
    return sent.reshape(units, -1, *sent.shape[1:])


def _settings(node: Node) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return pair(saved(node, "stride")), pair(saved(node, "padding")), pair(saved(node, "dilation"))


def _from_one_channel(node: Node, weight: Tensor, signal: Signal, shape: tuple[int, ...]) -> Signal:
    """Each unit's signal is in one channel, so only that channel's filters are needed."""
    stride, padding, dilation = _settings(node)
    reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    spread = _spread(signal.values[:, :, 0], stride)
    # Cut or fill so that an ordinary correlation with the turned filters ends at the input's size.
    before = [r - p for r, p in zip(reach, padding, strict=True)]
    after = [n + p - m for n, p, m in zip(shape[2:], padding, spread.shape[2:], strict=True)]
    framed = F.pad(spread, (before[1], after[1], before[0], after[0]))
    filters = weight[signal.channel].flip(2, 3)  # (U, C / groups, kh, kw)
    sent = _correlated(framed, filters, dilation)
    groups = saved(node, "groups")
    if groups == 1:
        return Signal(sent)
    group = signal.channel // (weight.shape[0] // groups)
    if weight.shape[1] == 1:
        return Signal(sent, group)
    full = sent.new_zeros(len(sent), shape[0], groups, weight.shape[1], *shape[2:])
    full[torch.arange(len(sent)), :, group] = sent
    return Signal(full.flatten(2, 3))


def _spread(values: Tensor, stride: tuple[int, int]) -> Tensor:
    """Put ``stride - 1`` zeros between neighbouring values of (U, N, H, W)."""
    if stride == (1, 1):
        return values
    units, images, height, width = values.shape
    spread = values.new_zeros(units, images, (height - 1) * stride[0] + 1, (width - 1) * stride[1] + 1)
    spread[:, :, :: stride[0], :: stride[1]] = values
    return spread


def _correlated(maps: Tensor, filters: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Correlate each unit's maps (U, N, H, W) with its filters (U, C, kh, kw): (U, N, C, H', W')."""
    units, images = maps.shape[:2]
    height, width = (n - d * (k - 1) for n, d, k in zip(maps.shape[2:], dilation, filters.shape[2:], strict=True))
    columns = F.unfold(maps.flatten(0, 1).unsqueeze(1), tuple(filters.shape[2:]), dilation)
    columns = columns.reshape(units, images, *columns.shape[1:]).transpose(2, 3)  # (U, N, H'W', kh kw)
    sent: Tensor = columns @ filters.flatten(2).transpose(1, 2).unsqueeze(1)  # (U, N, H'W', C)
    return sent.transpose(2, 3).reshape(units, images, -1, height, width)


# -- max-pooling -------------------------------------------------------------------------------------------------


def switches(step: Step, signal: Signal) -> list[Signal]:
    """Send back to the recorded maximum of each window, summed where windows overlap."""
    node, shape = step.node, step.edges[0].shape
    kernel, stride, padding, dilation = pooling_settings(node)
    if len(shape) != 4:
        return by_gradient(step, signal)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        chosen = step.gradients(torch.ones(step.shape, dtype=signal.values.dtype, device=signal.values.device))[0]
        return [signal.with_values(_widened(signal.values, kernel, shape) * signal.along(chosen))]
    return [_to_switches(node, signal, shape)]


def pooling_settings(node: Node) -> tuple[tuple[int, int], ...]:
    """Return kernel, stride, padding and dilation of a max-pool node, each as (rows, columns)."""
    kernel = pair(saved(node, "kernel_size"))
    return kernel, pair(saved(node, "stride"), kernel), pair(saved(node, "padding")), pair(saved(node, "dilation"))


def _widened(values: Tensor, kernel: tuple[int, int], shape: tuple[int, ...]) -> Tensor:
    """Give every pixel of a window its value; the last windows may be cut off (ceil_mode) or leave a rest."""
    wide = values.repeat_interleave(kernel[0], -2).repeat_interleave(kernel[1], -1)
    wide = wide[..., : shape[-2], : shape[-1]]
    return F.pad(wide, (0, shape[-1] - wide.shape[-1], 0, shape[-2] - wide.shape[-2]))


def _to_switches(node: Node, signal: Signal, shape: tuple[int, ...]) -> Signal:
    places = signal.along(saved(node, "result1")).flatten(-2).expand(*signal.values.shape[:-2], -1)
    sent = signal.values.new_zeros(*signal.values.shape[:-2], shape[-2] * shape[-1])
    sent.scatter_add_(-1, places, signal.values.flatten(-2))
    return signal.with_values(sent.reshape(*sent.shape[:-1], *shape[-2:]))


def fill(step: Step, signal: Signal) -> list[Signal]:
    """Send back to every pixel of each window; the mean where windows overlap (the blog's simple un-pooling)."""
    node, shape = step.node, step.edges[0].shape
    if not hasattr(node, "_saved_kernel_size"):
        return [signal.with_values(_filled_adaptive(signal.values, shape))]
    kernel, stride, padding, dilation = pooling_settings(node)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        return [signal.with_values(_widened(signal.values, kernel, shape))]
    flat = signal.values.flatten(0, -3).unsqueeze(1)
    total = _scattered(flat, kernel, stride, padding, dilation, shape)
    windows = _scattered(torch.ones_like(flat[:1]), kernel, stride, padding, dilation, shape)
    sent = (total / windows.clamp(min=1)).reshape(*signal.values.shape[:-2], *shape[-2:])
    return [signal.with_values(sent)]


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
