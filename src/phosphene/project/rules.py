"""The one table of rules: how each operation of the autograd graph sends a signal back.

==============  ====================================================================================================
linear          its exact transpose: transposed filters without bias, the adjoint of averaging, adding, cutting ...
non-linearity   pointwise f: deconvnet R <- max(R, 0) (Zeiler & Fergus 2013); guided R <- max(R, 0) f'(x)
                (Springenberg et al. 2015); gradient R <- R f'(x)
max-pooling     switches: to the recorded maximum, summed where windows overlap; fill: to the whole window, the mean
                where windows overlap
held fixed      anything else (a gate, a softmax, a norm over the image): its gradient, the other factors held fixed
==============  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.graph import Edge, kind_of, output_shapes, saved
from phosphene.project import pooling
from phosphene.project import transposes as back
from phosphene.project.signal import Signal
from phosphene.project.step import Step

Rule = Literal["deconvnet", "guided", "gradient"]
Unpool = Literal["switches", "fill"]
RULES: tuple[str, ...] = get_args(Rule)
UNPOOLS: tuple[str, ...] = get_args(Unpool)


class Treatment(StrEnum):
    """What kind of operation it is, as far as sending a signal back goes."""

    LINEAR = "linear"
    NONLINEARITY = "non-linearity"
    MAX_POOL = "max-pooling"
    HELD = "held fixed"


Send = Callable[[Step, Signal], list[Signal]]


@dataclass(frozen=True)
class Operation:
    """One row of the table: how an operation is treated, and how its transpose (or gradient) is computed.

    ``local`` says that ``send`` also takes signals that live in a window of the plane.
    """

    treatment: Treatment
    send: Send = back.by_gradient
    local: bool = False


@dataclass(frozen=True)
class Way:
    """The user's choice of how signals go back."""

    rule: Rule = "deconvnet"
    unpool: Unpool = "switches"

    def send(self, step: Step, operation: Operation, signal: Signal) -> list[Signal]:
        """Send ``signal`` back through the operation of ``step``: one signal for each of its edges."""
        if operation.treatment is Treatment.NONLINEARITY and self.rule != "gradient":
            signal = signal.with_values(_rectified(signal.values))
            if self.rule == "deconvnet":
                return [signal if step.edges[0].shape == step.shape else signal.whole(step.shape)]
        if signal.window is not None and not (operation.local and step.keeps_plane):
            signal = signal.whole(step.shape)
        if operation.treatment is Treatment.MAX_POOL and self.unpool == "fill":
            return pooling.fill(step, signal)
        return operation.send(step, signal)

    def told(self, operation: Operation) -> str:
        """Say in a few words what this way does with ``operation``."""
        if operation.treatment is Treatment.NONLINEARITY:
            return _NONLINEAR_WORDS[self.rule]
        if operation.treatment is Treatment.MAX_POOL:
            return _UNPOOL_WORDS[self.unpool]
        return _WORDS[operation.treatment]


_WORDS = {
    Treatment.LINEAR: "exact transpose",
    Treatment.HELD: "gradient, other factors held fixed",
}
_NONLINEAR_WORDS = {
    "deconvnet": "max(R, 0)",
    "guided": "max(R, 0) times the slope of the forward pass",
    "gradient": "R times the slope of the forward pass",
}
_UNPOOL_WORDS = {
    "switches": "to the recorded maximum of each window",
    "fill": "to the whole window, mean where windows overlap",
}

_SCALING = Operation(Treatment.LINEAR, back.by_slope, local=True)
_NONLINEARITY = Operation(Treatment.NONLINEARITY, back.by_slope, local=True)
_LINEAR = Operation(Treatment.LINEAR)
_HELD = Operation(Treatment.HELD)

TABLE: dict[str, Operation] = {
    **dict.fromkeys(
        "Relu LeakyRelu Elu Celu Selu Gelu Silu Mish Hardswish Hardsigmoid Hardtanh Sigmoid Tanh Softplus Softshrink "
        "Hardshrink Threshold Clamp ClampMin ClampMax LogSigmoid PreluKernel RreluWithNoise Maximum Minimum Fmax Fmin "
        "Abs Pow Sqrt Rsqrt Exp Expm1 Log Log1P Square Erf Sin Cos Sinh Cosh Reciprocal ".split(),
        _NONLINEARITY,
    ),
    "MaxPool2DWithIndices": Operation(Treatment.MAX_POOL, pooling.switches, local=True),
    "MaxPool2D": Operation(Treatment.MAX_POOL, pooling.switches, local=True),
    "AdaptiveMaxPool2D": Operation(Treatment.MAX_POOL),
    "Convolution": Operation(Treatment.LINEAR, back.convolution, local=True),
    "Addmm": Operation(Treatment.LINEAR, back.matrix),
    "Mm": Operation(Treatment.LINEAR, back.matrix),
    **dict.fromkeys("Mul Div NativeDropout".split(), _SCALING),
    **dict.fromkeys(
        "NativeBatchNorm CudnnBatchNorm MiopenBatchNorm".split(),
        Operation(Treatment.LINEAR, back.normalisation, local=True),
    ),
    **dict.fromkeys("Add Clone Alias ToCopy Lift".split(), Operation(Treatment.LINEAR, back.sum_of_two, local=True)),
    **dict.fromkeys(
        "View UnsafeView ReshapeAlias Squeeze Unsqueeze".split(), Operation(Treatment.LINEAR, back.reshape)
    ),
    "Cat": Operation(Treatment.LINEAR, back.concatenation, local=True),
    **dict.fromkeys(
        "Sub Rsub Neg Linear Bmm Baddbmm Mv Stack Slice Select Split SplitWithSizes Unbind UnbindCopy Index "
        "IndexSelect Gather AsStrided Permute Transpose T Expand Repeat Roll Flip Diagonal Tril Triu "
        "ConstantPadNd ReflectionPad1D ReflectionPad2D ReplicationPad1D ReplicationPad2D AvgPool2D AvgPool3D "
        "AdaptiveAvgPool2D MkldnnAdaptiveAvgPool2D Mean Sum Cumsum UpsampleNearest2D UpsampleNearestExact2D "
        "UpsampleBilinear2D UpsampleBilinear2DAa UpsampleBicubic2D UpsampleBicubic2DAa PixelShuffle PixelUnshuffle "
        "ChannelShuffle NativeChannelShuffle Im2Col Col2Im GridSampler2D Copy RepeatInterleave Unfold "
        "CopyBackwards SqueezeMultiple".split(),
        _LINEAR,
    ),
}

# Linear in each factor only: with the signal in more than one of them they are gates.
PRODUCTS = frozenset("Mul Div Convolution Addmm Mm Bmm Baddbmm Mv Linear GridSampler2D".split())


def operation_of(node: Node, edges: list[Edge], held: bool) -> Operation:
    """Return the row for ``node``.

    ``edges`` are its ways to the input; ``held`` says that it joins the signal with something computed from the image
    but cut off from its gradient, such as a mask.
    """
    kind = kind_of(node)
    operation = TABLE.get(kind, _HELD)
    if _is_masking(kind, node, edges, held):
        return _NONLINEARITY
    if kind in PRODUCTS and (held or len(edges) > 1):
        return Operation(Treatment.HELD, operation.send if len(edges) == 1 else _product(kind))
    if operation.treatment is Treatment.NONLINEARITY and len(edges) > 1:
        return Operation(Treatment.HELD, back.by_slope)  # two maps that compete are no non-linearity of one map
    if kind.endswith("BatchNorm") and getattr(node, "_saved_training", False):
        return _HELD
    return operation


def _is_masking(kind: str, node: Node, edges: list[Edge], held: bool) -> bool:
    """Whether the operation is a ReLU written by hand: ``where(x > 0, x, 0)`` or ``x * (x > 0)``."""
    if not held or len(edges) != 1:
        return False
    if kind == "Where":
        return True
    return kind == "Mul" and any(
        factor is not None and factor.dtype == torch.bool for factor in (saved(node, "self"), saved(node, "other"))
    )


def _rectified(values: Tensor) -> Tensor:
    """Return max(values, 0): in place, or packed closely where ``values`` are a part of more."""
    alone = values.untyped_storage().nbytes() == values.numel() * values.element_size()
    return values.clamp_(min=0) if alone else values.clamp(min=0)


def _product(kind: str) -> Send:
    return back.by_slope if kind in ("Mul", "Div") else back.by_gradient


def describe(kind: str, node: Node) -> str:
    """Return an operation's name as `rules_used` gives it, with the shape of its output."""
    shapes = output_shapes(node)
    return f"{kind} {'x'.join(map(str, shapes[0][1:]))}" if shapes else kind
