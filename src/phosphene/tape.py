"""Run any model once and see every operation of it under its layer's name.

The model is not changed: a ``TorchFunctionMode`` sees each operation and its output, whichever way the model is
written, and global module hooks, removed at the end, tell whose operation it is. Names follow torchvision's feature
extraction: the module's dotted path, or the path and the function's name outside a leaf module
(``layer1.0.add``), with ``_1``, ``_2`` ... for every further call.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from types import NoneType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from phosphene.axes import GONE, unit_axis

# Operations that only rearrange numbers: their outputs are no feature maps of their own.
REARRANGING = frozenset(
    "chunk clone contiguous detach dropout expand flatten flip getitem movedim narrow permute repeat reshape roll "
    "select size split squeeze stochastic_depth t tensor_split to transpose swapaxes type type_as unbind unflatten "
    "unsqueeze view view_as float half bfloat16 double requires_grad_".split()
)

_IN_PLACE = {"iadd": "add", "imul": "mul", "isub": "sub", "itruediv": "div", "truediv": "div"}
_REFLECTED = {"radd": "add", "rmul": "mul", "rsub": "sub", "rtruediv": "div", "rdiv": "div"}
_ONE_NAME = _IN_PLACE | _REFLECTED


@dataclass(frozen=True)
class Event:
    """One operation whose output holds units.

    ``output`` is the tensor the model made, not a copy: a later in-place operation may change it. ``axis`` is its
    dimension that runs over units; ``kind`` is the operation's name.
    """

    name: str
    kind: str
    output: Tensor
    axis: int


class _Stop(BaseException):
    """Ends a run early. No ``Exception``, so that a model's own ``except Exception`` cannot swallow it."""


def is_leaf(module: nn.Module) -> bool:
    """Whether ``module`` counts as one operation: no children, and either PyTorch's own kind or without weights."""
    if next(module.children(), None) is not None or isinstance(module, nn.Sequential | nn.ModuleList):
        return False
    from_torch = any(k.__module__.startswith("torch.nn.") and k is not nn.Module for k in type(module).__mro__)
    return from_torch or next(module.parameters(recurse=False), None) is None


def operation_name(function: Callable[..., Any]) -> str:
    """Return ``add`` for ``torch.add``, ``x + y``, ``x += y`` and ``x.add_``, and so on for every function."""
    name = getattr(function, "__name__", type(function).__name__).strip("_")
    return _ONE_NAME.get(name, name)


_SCALARS = (int, float, str, NoneType)


def _tensors(values: Iterable[object]) -> list[Tensor]:
    """Return the tensors among ``values``, and those in the tuples, lists and mappings there."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += _tensors(value)
        elif not isinstance(value, _SCALARS) and isinstance(value, Mapping):
            found += _tensors(value.values())
    return found


class _Axes:
    """The dimension that runs over units, of each tensor by itself. Tensors that are gone are not kept."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Tensor], int]] = {}

    def of(self, tensor: Tensor) -> int | None:
        """Return the dimension of ``tensor``; None if it was not computed from the images."""
        known = self._known.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def note(self, tensor: Tensor, axis: int) -> None:
        """Remember the dimension of ``tensor``."""
        self._known[id(tensor)] = weakref.ref(tensor), axis


class Tape(TorchFunctionMode):
    """What one run of a model shows: events for a visitor, and the operation behind every autograd node.

    Attributes:
        names: the layer name of each autograd node that an operation ended with.
        held: nodes that combine the signal with something computed from the image but cut off from its gradient
            (a mask ``x > 0``, a detached gate).
    """

    def __init__(self, model: nn.Module, visit: Callable[[Event], bool]) -> None:
        super().__init__()
        self.names: dict[Node, str] = {}
        self.held: set[Node] = set()
        self._visit = visit
        self._model = model
        self._paths = {module: path for path, module in model.named_modules()}
        self._calls: Counter[str] = Counter()
        self._stack: list[str] = []
        self._leaf: nn.Module | None = None
        self._leaf_kind = ""
        self._leaf_name = ""
        self._axes = _Axes()
        self._batch = 0
        self._thread = threading.get_ident()

    # -- whose operation is it -----------------------------------------------------------------------------------

    @property
    def modules(self) -> Iterable[nn.Module]:
        """All modules of the model."""
        return self._paths.keys()

    @contextmanager
    def watching(self, x: Tensor) -> Iterator[None]:
        """Watch everything computed from ``x`` by the model inside the block."""
        self._axes.note(x, 1)
        self._batch = len(x)
        entering = register_module_forward_pre_hook(self._enter_module)
        leaving = register_module_forward_hook(self._leave_module, always_call=True)
        try:
            with self:
                yield
        finally:
            leaving.remove()
            entering.remove()

    def _ours(self, module: nn.Module) -> bool:
        return threading.get_ident() == self._thread and module in self._paths

    def _enter_module(self, module: nn.Module, args: object) -> None:
        if not self._ours(module) or self._leaf is not None:
            return
        path = self._paths[module]
        if path and is_leaf(module):
            self._leaf, self._leaf_kind, self._leaf_name = module, "", self._next_name(path)
        else:
            self._stack.append(path)

    def _leave_module(self, module: nn.Module, args: tuple[Any, ...], output: object) -> None:
        if not self._ours(module) or self._leaf not in (None, module):
            return
        if self._leaf is None:
            self._stack.pop()
            return
        self._leaf = None
        unchanged = any(output is arg for arg in args)
        if isinstance(output, Tensor) and self._leaf_kind and (not unchanged or _is_in_place(module)):
            self._emit(self._leaf_name, self._leaf_kind, output, in_module=True)

    def _next_name(self, base: str) -> str:
        count = self._calls[base]
        self._calls[base] += 1
        return f"{base}_{count}" if count else base

    # -- what it did ---------------------------------------------------------------------------------------------

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        sources = [(t, axis) for t in _tensors((args, kwargs)) if (axis := self._axes.of(t)) is not None]
        made = _tensors((output,)) if sources else []
        kind = operation_name(func)
        if made and not kind.endswith("_like") and not kind.startswith("new_"):
            self._note(kind, sources, (args, kwargs), made)
        return output

    def _note(self, kind: str, sources: list[tuple[Tensor, int]], call: tuple[Any, Any], made: list[Tensor]) -> None:
        name = self._leaf_name if self._leaf is not None else self._function_name(kind)
        source, axis = next((known for known in sources if known[1] != GONE), sources[0])
        cut_off = not all(tensor.requires_grad for tensor, _ in sources)
        for tensor in made:
            self._axes.note(tensor, unit_axis(kind, source, axis, tensor, call))
            self._note_node(tensor, name, cut_off)
        if self._leaf is not None:
            self._leaf_kind = kind
        elif len(made) == 1:
            self._emit(name, kind, made[0])

    def _note_node(self, tensor: Tensor, name: str, cut_off: bool) -> None:
        node = tensor.grad_fn
        if node is None:
            return
        self.names.setdefault(node, name)
        if cut_off:
            self.held.add(node)

    def _function_name(self, kind: str) -> str:
        return self._next_name(".".join(filter(None, [self._stack[-1] if self._stack else "", kind])))

    def _emit(self, name: str, kind: str, output: Tensor, in_module: bool = False) -> None:
        with torch._C.DisableTorchFunction():  # what is looked up and computed here is none of the model's
            axis = self._axes.of(output)
            if axis is None or axis == GONE or not self._holds_units(kind, output, in_module):
                return
            done = self._visit(Event(name, kind, output, axis))
        if done:
            raise _Stop

    def _holds_units(self, kind: str, output: Tensor, in_module: bool) -> bool:
        if kind in REARRANGING or not output.is_floating_point():
            return False
        shaped = output.ndim in (3, 4) or (output.ndim == 2 and (in_module or kind == "linear"))
        return shaped and len(output) == self._batch  # windows of attention are no images


def _is_in_place(module: nn.Module) -> bool:
    return bool(getattr(module, "inplace", False))


@contextmanager
def borrowed(model: nn.Module, modules: Iterable[nn.Module] | None = None) -> Iterator[None]:
    """Lend ``model`` in inference mode; its training flags and the random state come back as they were.

    ``modules`` are all of its modules, where they are known already.
    """
    in_training = [module for module in (model.modules() if modules is None else modules) if module.training]
    on_cuda = model.parameters() if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    devices = sorted({p.device.index or 0 for p in on_cuda if p.is_cuda})
    state = torch.get_rng_state()  # on its own: for small networks `fork_rng` is a fiftieth of a projection
    with torch.random.fork_rng(devices) if devices else nullcontext():
        try:
            for module in in_training:
                module.training = False
            yield
        finally:
            torch.set_rng_state(state)
            for module in in_training:
                module.training = True


def run(model: nn.Module, x: Tensor, visit: Callable[[Event], bool]) -> Tape:
    """Run ``model`` on ``x`` (N, C, H, W), calling ``visit`` for every event; a true answer ends the run there.

    The model runs in inference mode (``eval``) and is given back as it was, also when it raises. Whether a graph is
    recorded is the caller's choice (``torch.enable_grad`` / ``torch.no_grad``).
    """
    tape = Tape(model, visit)
    with borrowed(model, tape.modules), tape.watching(x), suppress(_Stop):
        model(x)
    return tape
