"""Which dimension of a tensor runs over units, and the one layout that all maps are shown in.

Convolutional networks keep units in dimension 1, but parts of some run channels-last (ConvNeXt, Swin) or on tokens
(vision transformers). The dimension is followed through the operations that move it.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

Call = tuple[tuple[Any, ...], dict[str, Any]]
GONE = -1
"""The unit dimension of what was summed (or the like) over units."""
_REDUCING = frozenset("sum mean prod max min amax amin argmax argmin norm std var logsumexp median nansum".split())


def unit_axis(kind: str, source: Tensor, axis: int, output: Tensor, call: Call) -> int:
    """Return the unit dimension of ``output``, made by operation ``kind`` from ``source`` with unit dimension ``axis``.

    ``call`` holds the positional and keyword arguments of that call. `GONE` if there is none any more.
    """
    args, kwargs = call
    if axis == GONE and not kind.startswith("conv") and kind != "linear":
        return GONE
    if kind in _REDUCING and output.ndim < source.ndim:
        return _reduced(source.ndim, axis, kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None)))
    if kind.startswith("conv"):
        return 1
    if kind == "linear":
        return source.ndim - 1
    if kind == "permute":
        return _permuted(source.ndim, axis, kwargs.get("dims", args[1:]))
    if kind in ("transpose", "swapaxes"):
        return _swapped(source.ndim, axis, args[1:] or (kwargs["dim0"], kwargs["dim1"]))
    if kind in ("view", "reshape", "unflatten", "flatten"):
        return _reshaped(source, axis, output)
    return min(axis, max(output.ndim - 1, 0))


def _reshaped(source: Tensor, axis: int, output: Tensor) -> int:
    """Units stay last where they were last, and second where the picture plane behind them is untouched."""
    if axis == source.ndim - 1 and axis > 1:
        return output.ndim - 1
    return 1 if output.ndim > 1 else 0


def _reduced(ndim: int, axis: int, dims: Any) -> int:
    """Find the unit dimension after the dimensions ``dims`` (None: all) are gone."""
    if not isinstance(dims, int | list | tuple):
        return GONE
    gone = {int(d) % ndim for d in ([dims] if isinstance(dims, int) else dims)}
    return GONE if axis in gone else axis - sum(d < axis for d in gone)


def _permuted(ndim: int, axis: int, dims: Any) -> int:
    order = dims[0] if len(dims) == 1 else dims
    return [int(d) % ndim for d in order].index(axis)


def _swapped(ndim: int, axis: int, pair: tuple[int, int]) -> int:
    first, second = (int(d) % ndim for d in pair)
    return {first: second, second: first}.get(axis, axis)


def to_maps(output: Tensor, axis: int) -> Tensor:
    """Show ``output`` as feature maps (N, C, H, W): a vector as 1x1 maps, tokens as maps of one row."""
    maps = output if axis == 1 else output.movedim(axis, 1)
    while maps.ndim < 4:
        maps = maps.unsqueeze(2)
    return maps


def from_maps(maps: Tensor, like: Tensor, axis: int) -> Tensor:
    """Undo `to_maps`: bring ``maps`` (..., N, C, H, W) back to the layout of ``like``, leading dimensions kept."""
    lead = maps.ndim - 4
    while maps.ndim - lead > like.ndim:
        maps = maps.squeeze(lead + 2)
    return maps.movedim(lead + 1, lead + axis)
