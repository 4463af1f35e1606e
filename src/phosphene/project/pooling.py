"""Un-pooling: what max-pooling sends back, by recorded switches or by filling whole windows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.geometry import pair
from phosphene.graph import saved
from phosphene.project.signal import Signal
from phosphene.project.step import Step
from phosphene.project.transposes import by_gradient


def switches(step: Step, signal: Signal) -> list[Signal]:
    """Send back to the recorded maximum of each window, summed where windows overlap."""
    node, shape = step.node, step.edges[0].shape
    kernel, stride, padding, dilation = pooling_settings(node)
    if len(shape) != 4 or not hasattr(node, "_saved_result1"):  # Apple's GPUs record no positions
        return by_gradient(step, signal)
    signal = signal.inside(step.shape)
    target = Signal(signal.values, signal.channel, step.through(signal.window) if signal.window else None)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        chosen = target.along(step.slopes[0])
        return [target.with_values(_widened(signal.values, kernel, target.plane(shape), chosen))]
    return [target.with_values(_to_switches(step, signal, target, shape))]


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


def _to_switches(step: Step, signal: Signal, target: Signal, shape: tuple[int, ...]) -> Tensor:
    if signal.window is None and signal.channel is None:
        return _to_shared_switches(step, signal.values, shape)
    height, width = target.plane(shape)
    places = saved(step.node, "result1")
    if target.window is None:
        places = signal.along(places)
    else:
        # Recorded positions count in the whole plane. Where a window overhangs the values are zero, so any place does.
        top, left = (start[:, :, None, None, None] for start in target.window.starts)
        places = signal.along(places - places // shape[-1] * (shape[-1] - width))
        places = places.sub_(top * width + left).clamp_(0, height * width - 1)
    # In channels-last order, as convolutions give and take it: no copy into another one.
    units, images, channels = signal.values.shape[:3]
    sent = signal.values.new_zeros(units, images, height * width, channels)
    values = signal.values.flatten(-2).transpose(-1, -2)
    sent.scatter_add_(-2, places.flatten(-2).transpose(-1, -2).expand_as(values), values)
    return sent.transpose(-1, -2).reshape(units, images, channels, height, width)


def _to_shared_switches(step: Step, values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Send whole maps of all channels (U, N, C, h, w) to switches that all units share, in channels-last order."""
    images, channels, height, width = shape

    def places() -> Tensor:
        in_plane: Tensor = saved(step.node, "result1").permute(0, 2, 3, 1)
        image, channel = (torch.arange(n, device=in_plane.device) for n in (images, channels))
        return ((image[:, None, None, None] * height * width + in_plane) * channels + channel).flatten()

    sent = values.new_zeros(len(values), images * height * width * channels)
    sent.index_add_(1, step.shared("places", places), values.permute(0, 1, 3, 4, 2).flatten(1))
    return sent.view(len(values), images, height, width, channels).permute(0, 1, 4, 2, 3)


def fill(step: Step, signal: Signal) -> list[Signal]:
    """Send back to every pixel of each window; the mean where windows overlap (the blog's simple un-pooling)."""
    node, shape = step.node, step.edges[0].shape
    if not hasattr(node, "_saved_kernel_size"):
        return [signal.with_values(_filled_adaptive(signal.values, shape))]
    kernel, stride, padding, dilation = pooling_settings(node)
    signal = signal.inside(step.shape)
    target = Signal(signal.values, signal.channel, step.through(signal.window) if signal.window else None)
    if kernel == stride and padding == (0, 0) and dilation == (1, 1):
        return [target.with_values(_widened(signal.values, kernel, target.plane(shape)))]
    counts = _scattered(signal.values.new_ones(1, 1, *step.shape[-2:]), kernel, stride, padding, dilation, shape)
    spread = _scattered(
        signal.values.flatten(0, -3).unsqueeze(1),
        kernel,
        stride,
        (0, 0) if target.window else padding,
        dilation,
        target.plane(shape),
    ).reshape(*signal.values.shape[:-2], *target.plane(shape))
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
