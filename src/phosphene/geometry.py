"""Which input pixels each position of a layer can see, worked out from the operations of a run.

Position ``p`` of an axis sees the input pixels ``p * stride + first ... p * stride + last`` of that axis; pixels
outside the picture are padding. Composition along the network follows Araujo, Norris & Sim, "Computing receptive
fields of convolutional neural networks" (2019). An operation that is not known to look at a window is taken to see
everything, so a field is never stated too small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from torch.autograd.graph import Node

from phosphene.graph import Graph, kind_of, output_shapes, saved


@dataclass(frozen=True)
class Span:
    """What a position of one axis sees of an earlier axis: ``p * stride + first`` to ``p * stride + last``."""

    stride: Fraction = Fraction(1)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)

    def after(self, earlier: Span) -> Span:
        """Return what this span sees through ``earlier``, the span of the axis it looks at."""
        return Span(
            self.stride * earlier.stride,
            self.first * earlier.stride + earlier.first,
            self.last * earlier.stride + earlier.last,
        )

    def joined(self, other: Span) -> Span | None:
        """Return the span that covers both, or None if their strides differ."""
        if self.stride != other.stride:
            return None
        return Span(self.stride, min(self.first, other.first), max(self.last, other.last))

    def at(self, position: int) -> tuple[int, int]:
        """Return the first pixel and the one after the last that ``position`` sees, not cut to the picture."""
        return floor(position * self.stride + self.first), ceil(position * self.stride + self.last) + 1

    @property
    def size(self) -> int:
        """The number of pixels seen."""
        return ceil(self.last - self.first) + 1


@dataclass(frozen=True)
class View:
    """What a position of a layer sees of the input, by rows and columns."""

    rows: Span = Span()
    columns: Span = Span()

    def after(self, earlier: View) -> View:
        """Return what this view sees through ``earlier``."""
        return View(self.rows.after(earlier.rows), self.columns.after(earlier.columns))

    def joined(self, other: View) -> View | None:
        """Return the view that covers both, or None if they do not run in step."""
        rows, columns = self.rows.joined(other.rows), self.columns.joined(other.columns)
        return View(rows, columns) if rows and columns else None


def pair(values: Sequence[int] | int, default: Sequence[int] = (0, 0)) -> tuple[int, int]:
    """Return one setting of an operation, saved as a number, one entry or two, as (rows, columns)."""
    if isinstance(values, int):
        return values, values
    values = list(values) or list(default)
    return (values[0], values[0]) if len(values) == 1 else (values[-2], values[-1])


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


def _scaled(node: Node) -> View:
    before = [int(n) for n in saved(node, "self_sym_sizes")]
    after = output_shapes(node)[0]
    reach = Fraction(0 if "Nearest" in kind_of(node) else 1)
    spans = []
    for axis in (-2, -1):
        ratio = Fraction(before[axis], after[axis])
        spans.append(Span(ratio, -reach, reach + ratio))
    return View(*spans)


def _identity(node: Node) -> View:
    return View()


def _channels_only(node: Node) -> View | None:
    """Slices, selections and splits leave the picture plane alone unless they cut rows or columns."""
    ndim = len(output_shapes(node)[0])
    return View() if int(saved(node, "dim")) % 2**32 in (0, 1, 2**32 - ndim, 2**32 - ndim + 1) else _cut(node, ndim)


def _cut(node: Node, ndim: int) -> View | None:
    if kind_of(node) != "Slice" or ndim != 4:
        return None
    start, step = int(saved(node, "start")), int(saved(node, "step"))
    axis = int(saved(node, "dim")) % 2**32 % 4
    size = int(saved(node, "self_sym_sizes")[axis])
    start = start if 0 <= start <= size else (start + size if -size <= start < 0 else 0)
    span = Span(Fraction(step), Fraction(start), Fraction(start))
    return View(rows=span) if axis == 2 else View(columns=span)


def _plane_kept(node: Node) -> View | None:
    """Reshapes and transpositions that only regroup channels (a channel shuffle) leave the picture plane alone."""
    before = [int(n) for n in getattr(node, "_saved_self_sym_sizes", ())]
    after = output_shapes(node)[0]
    if kind_of(node) == "Transpose":
        moved = {int(d) % 2**64 % len(after) for d in (saved(node, "dim0"), saved(node, "dim1"))}
        return View() if max(moved) < len(after) - 2 and len(after) > 3 else None
    return View() if len(before) > 3 and len(after) > 3 and tuple(before[-2:]) == after[-2:] else None


_POINTWISE = (
    "Relu LeakyRelu Elu Celu Selu Gelu Silu Mish Hardswish Hardsigmoid Hardtanh Sigmoid Tanh Softplus Softshrink "
    "Hardshrink Threshold Clamp ClampMin ClampMax LogSigmoid PreluKernel RreluWithNoise Abs Pow Sqrt Exp Log Square Erf "
    "Maximum Minimum Where Mul Div Add Sub Rsub Neg Clone ToCopy Alias NativeBatchNorm CudnnBatchNorm MiopenBatchNorm "
    "NativeDropout Fmax Fmin Sign Copy Sinh Cosh Sin Cos Logit"
)

_VIEWS: dict[str, Callable[[Node], View | None]] = {
    **dict.fromkeys(_POINTWISE.split(), _identity),
    "Convolution": _convolution,
    "MaxPool2DWithIndices": _pool,
    "AvgPool2D": _pool,
    "ConstantPadNd": _padding,
    "ReplicationPad2D": _padding,
    "ReflectionPad2D": _mirroring,
    "Slice": _channels_only,
    "Split": _channels_only,
    "SplitWithSizes": _channels_only,
    "Cat": _channels_only,
    **dict.fromkeys(("View", "UnsafeView", "ReshapeAlias", "Transpose"), _plane_kept),
    "UpsampleNearest2D": _scaled,
    "UpsampleBilinear2D": _scaled,
    "UpsampleBicubic2D": _scaled,
}


def view_of(node: Node) -> View | None:
    """Return what a position of a node's output sees of its inputs, or None if that may be everything."""
    look = _VIEWS.get(kind_of(node))
    return look(node) if look else None


def views(graph: Graph) -> dict[Node, View | None]:
    """Return, for every node of ``graph``, what its positions see of the input picture; None means everything."""
    seen: dict[Node, View | None] = {graph.entry: View()}
    for node in reversed(graph.order):
        seen[node] = _through(node, [seen[edge.node] for edge in graph.edges[node]])
    return seen


def _through(node: Node, earlier: list[View | None]) -> View | None:
    own = view_of(node)
    if own is None or None in earlier:
        return None
    total: View | None = None
    for view in earlier:
        assert view is not None
        composed = own.after(view)
        total = composed if total is None else total.joined(composed)
        if total is None:
            return None
    return total
