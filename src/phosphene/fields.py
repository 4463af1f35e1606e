"""Which input pixels each position of a layer can see, worked out from the operations of a run.

An operation that is not known to look at a window is taken to see everything, so a field is never stated too small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from torch.autograd.graph import Node

from phosphene.geometry import Pixels, Span, View, enclosing, pair
from phosphene.graph import Edge, Graph, kind_of, output_shapes, saved
from phosphene.planes import STANDARD, Layout, dimension, layout_after


@dataclass(frozen=True)
class Seen:
    """What a node's positions see of the input, and where its output keeps rows and columns.

    ``beyond``, by rows and columns: padding outside the plane repeats pixels that lie up to so far inside.
    """

    view: View
    layout: Layout = STANDARD
    beyond: tuple[int, int] = (0, 0)

    @property
    def settled(self) -> View:
        """The view, so wide that it holds the pixels which the padding repeats."""
        return View().widened(*self.beyond).after(self.view) if any(self.beyond) else self.view


# -- operations that look at windows of the plane ------------------------------------------------------------------


def _window(kernel: int, stride: int, padding: int, dilation: int) -> Span:
    return Span(stride, -padding, dilation * (kernel - 1) - padding)


def _transposed(kernel: int, stride: int, padding: int, dilation: int) -> Span:
    """Position q is made of the pixels p for which a tap t satisfies ``q = p * stride - padding + dilation * t``."""

    def seen(position: int) -> Pixels | None:
        spread = [position + padding - dilation * tap for tap in range(kernel)]
        return enclosing((n // stride, n // stride) for n in spread if n % stride == 0)

    return Span.by_turns(1, [seen(position) for position in range(stride)])


def _convolution(node: Node) -> View | None:
    kernel = saved(node, "weight").shape[2:]
    if len(kernel) != 2:
        return None
    stride, padding, dilation = (pair(saved(node, k)) for k in ("stride", "padding", "dilation"))
    span = _transposed if saved(node, "transposed") else _window
    return View(*(span(kernel[i], stride[i], padding[i], dilation[i]) for i in (0, 1)))


def _pool(node: Node) -> View:
    kernel = pair(saved(node, "kernel_size"))
    stride = pair(saved(node, "stride"), kernel)
    padding = pair(saved(node, "padding"))
    dilation = pair(getattr(node, "_saved_dilation", (1, 1)))
    return View(*(_window(kernel[i], stride[i], padding[i], dilation[i]) for i in (0, 1)))


def _frame(node: Node) -> tuple[int, int]:
    """Return how many rows and columns a padding adds above and on the left."""
    values = [*(getattr(node, "_saved_pad", None) or saved(node, "padding")), 0, 0]
    return values[2], values[0]


def _padding(node: Node) -> View:
    return View().shifted(*(-n for n in _frame(node)))


def _beyond(node: Node) -> tuple[int, int]:
    """How far the pixels that a padding repeats lie inside, at most: mirrored ones twice the padding, others once."""
    factor = {"ReflectionPad2D": 2, "ReplicationPad2D": 1}.get(kind_of(node), 0)
    if not factor:
        return 0, 0
    left, right, top, bottom = saved(node, "padding")
    return factor * max(top, bottom, 0), factor * max(left, right, 0)


Taps = Callable[[int], tuple[int, int]]


def _by_taps(ratio: Fraction, taps: Taps) -> Span:
    """Return the span of positions that see from their first to their last tap, alike after every turn."""
    return Span.by_turns(ratio.numerator, [taps(position) for position in range(ratio.denominator)])


def _scaled(node: Node) -> View:
    """Resampling: which pixels each new one is made of, by PyTorch's coordinates."""
    before = [int(n) for n in saved(node, "self_sym_sizes")][-2:]
    after = output_shapes(node)[0][-2:]
    return View(*(_resampled(node, *sides) for sides in zip(before, after, ("scales_h", "scales_w"), strict=True)))


def _resampled(node: Node, before: int, after: int, scales: str) -> Span:
    kind, scale = kind_of(node), getattr(node, f"_saved_{scales}", None)
    ratio = 1 / Fraction(scale).limit_denominator(10_000) if scale else Fraction(before, after)
    half = Fraction(0) if kind == "UpsampleNearest2D" else Fraction(1, 2)
    if getattr(node, "_saved_align_corners", False):
        ratio, half = Fraction(before - 1, max(after - 1, 1)), Fraction(0)
    left, right = {"Bilinear2D": (0, 1), "Bicubic2D": (1, 2)}.get(kind.removeprefix("Upsample"), (0, 0))

    def taps(position: int) -> tuple[int, int]:
        centre = floor((position + half) * ratio - (half if right else 0))
        return centre - left, centre + right  # beyond the picture: pixels of weight 0, or repeated ones of the border

    return _by_taps(ratio, taps)


def _adaptive(node: Node) -> View:
    """Window p of an adaptive pool is floor(p H / h) to ceil((p + 1) H / h)."""
    before, after = saved(node, "self").shape[-2:], output_shapes(node)[0][-2:]
    return View(*(_adaptive_span(int(n), m) for n, m in zip(before, after, strict=True)))


def _adaptive_span(before: int, after: int) -> Span:
    ratio = Fraction(before, after)
    return _by_taps(ratio, lambda p: (floor(p * ratio), ceil((p + 1) * ratio) - 1))


def _shuffled(node: Node) -> View:
    """Pixel shuffle: each pixel's channels become a block of pixels, or the other way round."""
    if kind_of(node) == "PixelShuffle":
        span = Span.by_turns(1, [(0, 0)] * int(saved(node, "upscale_factor")))
    else:
        block = int(saved(node, "downscale_factor"))
        span = Span(block, 0, block - 1)
    return View(span, span)


def _cut(node: Node) -> View | None:
    """Read a slice of rows or columns."""
    axis = dimension(node, 4)
    size = int(saved(node, "self_sym_sizes")[axis])
    start, step = int(saved(node, "start")), int(saved(node, "step"))
    start = min(max(start + size if start < 0 else start, 0), size)
    span = Span(step, start, start)
    return View(rows=span) if axis == 2 else View(columns=span)


_WINDOWS: dict[str, Callable[[Node], View | None]] = {
    "Convolution": _convolution,
    "MaxPool2DWithIndices": _pool,
    "MaxPool2D": _pool,  # on Apple's GPUs
    "AvgPool2D": _pool,
    "AdaptiveAvgPool2D": _adaptive,
    "AdaptiveMaxPool2D": _adaptive,
    "ConstantPadNd": _padding,
    "ReplicationPad2D": _padding,
    "ReflectionPad2D": _padding,
    "PixelShuffle": _shuffled,
    "PixelUnshuffle": _shuffled,
    "UpsampleNearest2D": _scaled,
    "UpsampleNearestExact2D": _scaled,
    "UpsampleBilinear2D": _scaled,
    "UpsampleBicubic2D": _scaled,
}

# -- along the network ---------------------------------------------------------------------------------------------


def look(node: Node, layout: Layout = STANDARD) -> Seen | None:
    """Return what positions of a node's output see of its inputs, laid out as ``layout``; None: maybe everything."""
    moved = layout_after(node, layout)
    if moved is not None:
        return Seen(View(), moved)
    if layout != STANDARD or len(output_shapes(node)[0]) != 4:
        return None
    window = _cut if kind_of(node) == "Slice" else _WINDOWS.get(kind_of(node))
    view = window(node) if window else None
    return Seen(view, beyond=_beyond(node)) if view else None


def view_of(node: Node) -> View | None:
    """Return what the positions of feature maps (N, C, H, W) see of an operation's inputs, or None."""
    seen = look(node)
    return seen.settled if seen is not None and seen.layout == STANDARD else None


def views(graph: Graph) -> dict[Node, View | None]:
    """Return, for every node of ``graph``, what its positions see of the input picture; None: maybe everything.

    Of four dimensions, those that do not hold units are taken for rows and columns; other nodes have no positions.
    """
    seen: dict[Node, Seen | None] = {graph.entry: Seen(View())}
    for node in reversed(graph.order):
        edges = graph.edges[node]
        seen[node] = _joined([_through(node, edge, seen[edge.node], alone=len(edges) == 1) for edge in edges])
    return {node: _stated(node, what) for node, what in seen.items()}


def _stated(node: Node, seen: Seen | None) -> View | None:
    return seen.settled if seen is not None and len(output_shapes(node)[0]) == 4 else None


def _through(node: Node, edge: Edge, before: Seen | None, alone: bool) -> Seen | None:
    """Return what a node's positions see along one of its edges."""
    own = None if before is None else look(node, before.layout)
    if before is None or own is None or not (alone or _same_plane(node, own.layout, edge, before.layout)):
        return None
    if alone and own.view == View():
        return Seen(before.view, own.layout, before.beyond)
    covered = min(own.view.rows.last - before.beyond[0], own.view.columns.last - before.beyond[1]) >= 0
    earlier = before.view if covered else before.settled
    return Seen(own.view.after(earlier), own.layout, own.beyond)


def _same_plane(node: Node, after: Layout, edge: Edge, before: Layout) -> bool:
    """Whether an input's plane has its output's size: one that is spread over a larger plane is seen from all of it."""
    return after.plane(output_shapes(node)[0]) == before.plane(edge.shape)


def _joined(parts: list[Seen | None]) -> Seen | None:
    total, *others = parts
    for part in others:
        if total is None or part is None or total.layout != part.layout:
            return None
        view = total.settled.joined(part.settled)
        total = None if view is None else Seen(view, total.layout)
    return total
