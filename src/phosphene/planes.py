"""Where tensors keep the rows and columns of their plane, and how operations that leave the plane alone move them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import prod

from torch.autograd.graph import Node

from phosphene.graph import kind_of, output_shapes, saved


@dataclass(frozen=True)
class Layout:
    """Which dimensions of a tensor hold rows and columns.

    ``folded`` is the shape whose leading dimensions, rows and columns among them, a reshape has made into one.
    """

    rows: int = 2
    columns: int = 3
    folded: tuple[int, ...] = ()

    def plane(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the size of the plane in a tensor of ``shape``: (H, W), or the number of folded positions."""
        return shape[:1] if self.folded else (shape[self.rows], shape[self.columns])

    def inserted(self, dim: int) -> Layout:
        """Return the layout of a tensor that has gained dimension ``dim``."""
        return Layout(self.rows + (dim <= self.rows), self.columns + (dim <= self.columns))

    def removed(self, dims: Collection[int]) -> Layout:
        """Return the layout of a tensor that has lost ``dims``."""
        rows, columns = (axis - sum(dim < axis for dim in dims) for axis in (self.rows, self.columns))
        return Layout(rows, columns)


STANDARD = Layout()  # of convolutions, (N, C, H, W)


def dimension(node: Node, ndim: int, name: str = "dim") -> int:
    """Return the dimension, 0 ... ndim - 1, that a node saved under ``name``."""
    return _plain(int(saved(node, name)), ndim)


def _plain(dim: int, ndim: int) -> int:
    """Autograd saves dimensions as unsigned numbers: bring them to 0 ... ndim - 1."""
    return (dim - 2**64 if dim >= 2**63 else dim) % ndim


_POINTWISE = frozenset(
    "Relu LeakyRelu Elu Celu Selu Gelu Silu Mish Hardswish Hardsigmoid Hardtanh Sigmoid Tanh Softplus Softshrink "
    "Hardshrink Threshold Clamp ClampMin ClampMax LogSigmoid PreluKernel RreluWithNoise Abs Pow Sqrt Rsqrt Exp Log "
    "Square Erf Maximum Minimum Where Mul Div Add Sub Rsub Neg Clone ToCopy Alias NativeBatchNorm CudnnBatchNorm "
    "MiopenBatchNorm NativeDropout NativeChannelShuffle ChannelShuffle Fmax Fmin Sign Copy Sinh Cosh Sin Cos Logit "
    "Reciprocal".split()
)
Moves = Callable[[Node, Layout], Layout | None]


def _dims(node: Node, ndim: int, name: str = "dim") -> list[int]:
    value = saved(node, name)
    return [_plain(int(dim), ndim) for dim in (value if isinstance(value, tuple | list) else [value])]


def _unless_touched(layout: Layout, dims: Collection[int]) -> Layout | None:
    return None if {layout.rows, layout.columns} & set(dims) else layout


def _along(node: Node, layout: Layout) -> Layout | None:
    return _unless_touched(layout, _dims(node, _ndim(node), "dims" if hasattr(node, "_saved_dims") else "dim"))


def _ndim(node: Node) -> int:
    return len(output_shapes(node)[0])


def _permuted(node: Node, layout: Layout) -> Layout | None:
    order = _dims(node, _ndim(node), "dims")
    return Layout(order.index(layout.rows), order.index(layout.columns))


def _transposed(node: Node, layout: Layout) -> Layout:
    first, second = (dimension(node, _ndim(node), name) for name in ("dim0", "dim1"))
    swapped = {first: second, second: first}
    return Layout(swapped.get(layout.rows, layout.rows), swapped.get(layout.columns, layout.columns))


def _reshaped(node: Node, layout: Layout) -> Layout | None:
    before, after = tuple(int(n) for n in saved(node, "self_sym_sizes")), output_shapes(node)[0]
    if layout.folded:
        last = len(after) - 1
        return Layout(last - 2, last - 1) if after[:-1] == layout.folded[:-1] else None
    last_two = (len(before) - 2, len(before) - 1)
    if (layout.rows, layout.columns) == last_two and len(after) > 3 and after[-2:] == before[-2:]:
        return Layout(len(after) - 2, len(after) - 1)
    if max(layout.rows, layout.columns) < len(before) - 1 and after == (prod(before[:-1]), before[-1]):
        return Layout(folded=before)
    return None


def _gained(node: Node, layout: Layout) -> Layout:
    return layout.inserted(dimension(node, _ndim(node)))


def _lost(node: Node, layout: Layout) -> Layout | None:
    dims = _dims(node, _ndim(node) + 1)
    return _unless_touched(layout, dims) and layout.removed(dims)


def _squeezed(node: Node, layout: Layout) -> Layout | None:
    before = saved(node, "self_sym_sizes")
    asked = _dims(node, len(before)) if hasattr(node, "_saved_dim") else range(len(before))
    dims = [dim for dim in asked if before[dim] == 1]
    return _unless_touched(layout, dims) and layout.removed(dims)


def _summed(node: Node, layout: Layout) -> Layout | None:
    """Follow a sum, mean, maximum or norm over some dimensions."""
    if not hasattr(node, "_saved_dim") or saved(node, "dim") is None:
        return None
    asked, kept = saved(node, "dim"), saved(node, "keepdim")
    count = len(asked) if isinstance(asked, tuple | list) else 1
    dims = _dims(node, _ndim(node) + (0 if kept else count))
    return _unless_touched(layout, dims) and (layout if kept else layout.removed(dims))


def _indexed(node: Node, layout: Layout) -> Layout | None:
    """Follow ``x[:, [2, 1, 0]]``: one list of numbers, along one dimension."""
    lists = [(dim, index) for dim, index in enumerate(saved(node, "indices")) if index is not None]
    return _unless_touched(layout, [lists[0][0]]) if len(lists) == 1 and lists[0][1].ndim == 1 else None


def _widened(node: Node, layout: Layout) -> Layout | None:
    """Follow an expansion or repetition that leaves the plane's size."""
    before, after = saved(node, "self_sym_sizes"), output_shapes(node)[0]
    same = len(before) == len(after) and all(before[d] == after[d] for d in (layout.rows, layout.columns))
    return layout if same else None


def _normalised(node: Node, layout: Layout) -> Layout | None:
    last = _ndim(node) - len(saved(node, "normalized_shape"))
    return layout if max(layout.rows, layout.columns) < last else None


def _linear(node: Node, layout: Layout) -> Layout | None:
    return _unless_touched(layout, [_ndim(node) - 1])


def _padded_elsewhere(node: Node, layout: Layout) -> Layout | None:
    pad = saved(node, "pad")
    padded = [_ndim(node) - 1 - i // 2 for i, n in enumerate(pad) if n]
    return _unless_touched(layout, padded)


def _pooled_elsewhere(node: Node, layout: Layout) -> Layout | None:
    """Follow an average over neighbouring channels only, as local response normalisation takes it."""
    settings = [tuple(saved(node, name))[-2:] for name in ("kernel_size", "stride", "padding")]
    plane = (layout.rows, layout.columns) == (_ndim(node) - 2, _ndim(node) - 1)
    return layout if plane and settings == [(1, 1), (1, 1), (0, 0)] else None


_MOVES: dict[str, Moves] = {
    **dict.fromkeys(
        "Slice Split SplitWithSizes Cat Softmax LogSoftmax Glu IndexSelect Cumsum Flip Roll".split(), _along
    ),
    **dict.fromkeys("View UnsafeView ReshapeAlias".split(), _reshaped),
    **dict.fromkeys("Sum Mean Amax Amin Max Min Var Std Prod Logsumexp LinalgVectorNorm Norm".split(), _summed),
    **dict.fromkeys(("Unsqueeze", "Stack"), _gained),
    **dict.fromkeys(("Select", "Unbind"), _lost),
    **dict.fromkeys(("Squeeze", "SqueezeMultiple"), _squeezed),
    **dict.fromkeys(("Expand", "Repeat"), _widened),
    **dict.fromkeys(("Addmm", "Mm"), lambda node, layout: layout if layout.folded else None),
    "Linear": _linear,
    "Permute": _permuted,
    "Transpose": _transposed,
    "Index": _indexed,
    "NativeLayerNorm": _normalised,
    "ConstantPadNd": _padded_elsewhere,
    "AvgPool3D": _pooled_elsewhere,
}

_WITH_FOLDED = frozenset("View UnsafeView ReshapeAlias Addmm Mm".split())


def layout_after(node: Node, layout: Layout) -> Layout | None:
    """Return where rows and columns are after an operation that leaves the plane alone; None: it does not."""
    kind = kind_of(node)
    if kind in _POINTWISE:
        over_images = getattr(node, "_saved_training", False)  # a norm by the maps' own mean sees all of them
        return None if over_images and kind.endswith("BatchNorm") else layout
    move = _MOVES.get(kind)
    return move(node, layout) if move and (not layout.folded or kind in _WITH_FOLDED) else None
