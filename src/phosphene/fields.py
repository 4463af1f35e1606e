"""Which input pixels each position of a layer can see, worked out from the operations of a run.

An operation that is not known to look at a window is taken to see everything, so a field is never stated too small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, prod

from torch.autograd.graph import Node

from phosphene.geometry import Span, View, pair
from phosphene.graph import Graph, kind_of, output_shapes, saved


@dataclass(frozen=True)
class Layout:
    """Which dimensions of a tensor hold rows and columns.

    ``folded`` is the shape whose leading dimensions, rows and columns among them, a reshape has made into one.
    """

    rows: int = 2
    columns: int = 3
    folded: tuple[int, ...] = ()

    @property
    def standard(self) -> bool:
        """Whether this is the layout of convolutions, (N, C, H, W)."""
        return self == Layout()


@dataclass(frozen=True)
class Seen:
    """What a node's positions see of the input, and where its output keeps rows and columns."""

    view: View
    layout: Layout = Layout()


# -- operations that look at windows of the plane ------------------------------------------------------------------


def _window(kernel: int, stride: int, padding: int, dilation: int) -> Span:
    return Span(Fraction(stride), Fraction(-padding), Fraction(dilation * (kernel - 1) - padding))


def _transposed(kernel: int, stride: int, padding: int, dilation: int) -> Span:
    reach = dilation * (kernel - 1)
    return Span(Fraction(1, stride), Fraction(padding - reach, stride), Fraction(padding, stride))


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


def _padding(node: Node) -> View | None:
    values = getattr(node, "_saved_pad", None) or saved(node, "padding")
    left, _, top, _ = [*values, 0, 0][:4] if len(values) >= 4 else [*values, 0, 0]
    if any(values[4:]):
        return None
    return View(Span(first=Fraction(-top), last=Fraction(-top)), Span(first=Fraction(-left), last=Fraction(-left)))


def _mirroring(node: Node) -> View:
    """Mirrored borders are made of pixels inside: widen by the padding so that the border's field is covered."""
    left, right, top, bottom = saved(node, "padding")
    return View(
        Span(first=Fraction(-top - max(top, bottom)), last=Fraction(-top + max(top, bottom))),
        Span(first=Fraction(-left - max(left, right)), last=Fraction(-left + max(left, right))),
    )


Taps = Callable[[int], tuple[int, int]]


def _enclosing(ratio: Fraction, count: int, taps: Taps) -> Span:
    """Return the span that holds the first and last tap of every one of ``count`` positions."""
    firsts, lasts = zip(*(taps(p) for p in range(count)), strict=True)
    return Span(
        ratio,
        min(first - p * ratio for p, first in enumerate(firsts)),
        max(last - p * ratio for p, last in enumerate(lasts)),
    )


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
        if right == 1:  # bilinear coordinates are cut at zero, bicubic ones are not
            centre = max(centre, 0)
        return min(max(centre - left, 0), before - 1), min(max(centre + right, 0), before - 1)

    return _enclosing(ratio, after, taps)


def _adaptive(node: Node) -> View:
    """Window p of an adaptive pool is floor(p H / h) to ceil((p + 1) H / h)."""
    before, after = saved(node, "self").shape[-2:], output_shapes(node)[0][-2:]
    return View(*(_adaptive_span(int(n), m) for n, m in zip(before, after, strict=True)))


def _adaptive_span(before: int, after: int) -> Span:
    ratio = Fraction(before, after)
    return _enclosing(ratio, after, lambda p: (floor(p * ratio), ceil((p + 1) * ratio) - 1))


def _cut(node: Node) -> View | None:
    """Read a slice of rows or columns."""
    axis = _dimension(node, 4)
    size = int(saved(node, "self_sym_sizes")[axis])
    start, step = int(saved(node, "start")), int(saved(node, "step"))
    start = min(max(start + size if start < 0 else start, 0), size)
    span = Span(Fraction(step), Fraction(start), Fraction(start))
    return View(rows=span) if axis == 2 else View(columns=span)


def _dimension(node: Node, ndim: int, name: str = "dim") -> int:
    """Autograd saves dimensions as unsigned numbers: bring them to 0 ... ndim - 1."""
    value = int(saved(node, name))
    return (value - 2**64 if value >= 2**63 else value) % ndim


_WINDOWS: dict[str, Callable[[Node], View | None]] = {
    "Convolution": _convolution,
    "MaxPool2DWithIndices": _pool,
    "AvgPool2D": _pool,
    "AdaptiveAvgPool2D": _adaptive,
    "AdaptiveMaxPool2D": _adaptive,
    "ConstantPadNd": _padding,
    "ReplicationPad2D": _padding,
    "ReflectionPad2D": _mirroring,
    "UpsampleNearest2D": _scaled,
    "UpsampleNearestExact2D": _scaled,
    "UpsampleBilinear2D": _scaled,
    "UpsampleBicubic2D": _scaled,
}

# -- operations that leave the plane alone -------------------------------------------------------------------------

_POINTWISE = frozenset(
    "Relu LeakyRelu Elu Celu Selu Gelu Silu Mish Hardswish Hardsigmoid Hardtanh Sigmoid Tanh Softplus Softshrink "
    "Hardshrink Threshold Clamp ClampMin ClampMax LogSigmoid PreluKernel RreluWithNoise Abs Pow Sqrt Rsqrt Exp Log "
    "Square Erf Maximum Minimum Where Mul Div Add Sub Rsub Neg Clone ToCopy Alias NativeBatchNorm CudnnBatchNorm "
    "MiopenBatchNorm NativeDropout NativeChannelShuffle ChannelShuffle Fmax Fmin Sign Copy Sinh Cosh Sin Cos Logit "
    "Reciprocal".split()
)
_ALONG_ONE = frozenset("Slice Split SplitWithSizes Cat Softmax LogSoftmax Glu Unbind".split())
_RESHAPING = frozenset("View UnsafeView ReshapeAlias".split())


def _layout_after(node: Node, layout: Layout) -> Layout | None:
    """Return where rows and columns are after an operation that moves dimensions, or None if they are lost."""
    kind, shape = kind_of(node), output_shapes(node)[0]
    if kind == "Permute":
        order = [int(d) % len(shape) for d in saved(node, "dims")]
        return Layout(order.index(layout.rows), order.index(layout.columns))
    if kind == "Transpose":
        first, second = (_dimension(node, len(shape), name) for name in ("dim0", "dim1"))
        swapped = {first: second, second: first}
        return Layout(swapped.get(layout.rows, layout.rows), swapped.get(layout.columns, layout.columns))
    if kind in _RESHAPING:
        return _reshaped(tuple(int(n) for n in saved(node, "self_sym_sizes")), shape, layout)
    return None


def _reshaped(before: tuple[int, ...], after: tuple[int, ...], layout: Layout) -> Layout | None:
    if layout.folded:
        last = len(after) - 1
        return Layout(last - 2, last - 1) if after[:-1] == layout.folded[:-1] else None
    last_two = (len(before) - 2, len(before) - 1)
    if (layout.rows, layout.columns) == last_two and len(after) > 3 and after[-2:] == before[-2:]:
        return Layout(len(after) - 2, len(after) - 1)
    if max(layout.rows, layout.columns) < len(before) - 1 and after == (prod(before[:-1]), before[-1]):
        return Layout(folded=before)
    return None


def _is_local(node: Node, layout: Layout) -> bool:
    """Whether each position of the output depends on the same position of the inputs only."""
    kind, ndim = kind_of(node), len(output_shapes(node)[0])
    if kind in _POINTWISE or (kind in ("Addmm", "Mm") and layout.folded):
        return True
    if kind in _ALONG_ONE:
        return _dimension(node, ndim) not in (layout.rows, layout.columns)
    if kind == "NativeLayerNorm":
        return ndim - len(saved(node, "normalized_shape")) > max(layout.rows, layout.columns)
    return False


def look(node: Node, layout: Layout = Layout()) -> Seen | None:
    """Return what positions of a node's output see of its inputs, laid out as ``layout``; None: maybe everything."""
    if _is_local(node, layout):
        return Seen(View(), layout)
    moved = _layout_after(node, layout)
    if moved is not None:
        return Seen(View(), moved)
    if not layout.standard or len(output_shapes(node)[0]) != 4:
        return None
    window = _cut if kind_of(node) == "Slice" else _WINDOWS.get(kind_of(node))
    view = window(node) if window else None
    return Seen(view) if view else None


def view_of(node: Node) -> View | None:
    """Return what the positions of feature maps (N, C, H, W) see of an operation's inputs, or None."""
    seen = look(node)
    return seen.view if seen is not None and seen.layout.standard else None


def views(graph: Graph) -> dict[Node, View | None]:
    """Return, for every node of ``graph``, what its positions see of the input picture; None means everything."""
    seen: dict[Node, Seen | None] = {graph.entry: Seen(View())}
    for node in reversed(graph.order):
        seen[node] = _through(node, [seen[edge.node] for edge in graph.edges[node]])
    return {node: None if what is None else what.view for node, what in seen.items()}


def _through(node: Node, earlier: list[Seen | None]) -> Seen | None:
    total: Seen | None = None
    for before in earlier:
        own = None if before is None else look(node, before.layout)
        if before is None or own is None:
            return None
        view: View | None = own.view.after(before.view)
        if total is not None and view is not None:
            view = total.view.joined(view) if total.layout == own.layout else None
        if view is None:
            return None
        total = Seen(view, own.layout)
    return total
