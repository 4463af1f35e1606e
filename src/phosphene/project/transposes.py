"""The transposes (or gradients) of single operations, for a batch of signals that share one forward pass.

Each function takes a `Step` and the signal at the operation's output, and returns one signal for each of its edges.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor

from phosphene.graph import saved
from phosphene.project.convolution import Convolution
from phosphene.project.signal import Signal, summed_to
from phosphene.project.step import Step


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
    sent = []
    for edge, slope in zip(step.edges, step.slopes, strict=True):
        if edge.shape == step.shape:
            own = signal.values if len(step.edges) == 1 else signal.values.clone()
            sent.append(signal.with_values(own.mul_(signal.along(slope))))
        else:
            sent.append(Signal(summed_to(signal.dense(step.shape) * slope, edge.shape)))
    return sent


def normalisation(step: Step, signal: Signal) -> list[Signal]:
    """Send back through batch norm in inference mode: a factor for each channel."""
    node = step.node
    eps = saved(node, "eps" if hasattr(node, "_saved_eps") else "epsilon")  # cuDNN and MIOpen call it epsilon
    scale = torch.rsqrt(saved(node, "running_var") + eps)
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
    dim = _signed(saved(step.node, "dim")) % len(step.shape)
    sizes = [edge.shape[dim] for edge in step.edges]
    if len(sizes) < len(step.node.next_functions):
        return by_gradient(step, signal)
    starts = list(accumulate(sizes[:-1], initial=0))
    if signal.channel is not None and dim == 1:
        return [_of_channels(signal, start, size) for start, size in zip(starts, sizes, strict=True)]
    signal = signal.all_channels(step.shape)
    return [
        signal.with_values(signal.values.narrow(dim + 1, start, size))
        for start, size in zip(starts, sizes, strict=True)
    ]


def _of_channels(signal: Signal, start: int, size: int) -> Signal:
    """Return what of a signal in one channel lies in ``size`` channels from ``start``: zeros for other units."""
    assert signal.channel is not None
    channel = signal.channel - start
    inside = (channel >= 0) & (channel < size)
    values = signal.values * inside.to(signal.values.dtype)[:, None, None, None, None]
    return Signal(values, channel.clamp(0, size - 1), signal.window)


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
    forward = Convolution.of(step)
    if signal.window is None:
        return [forward.back(signal)]
    window = step.through(signal.window)
    signal = signal.inside(step.shape)
    sent = forward.without_padding(window.size).back(Signal(signal.values, signal.channel))
    return [Signal(sent.values, sent.channel, window)]
