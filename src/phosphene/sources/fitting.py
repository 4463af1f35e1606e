"""Weights from a file into a model: what does not fit is named."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from phosphene.errors import PhospheneError
from phosphene.sources.naming import advice, aligned
from phosphene.sources.request import Request
from phosphene.sources.weights import read_tensors


class OtherClassesError(PhospheneError):
    """The weights fit but for the last layer, which was made for another number of classes."""

    def __init__(self, sentence: str, classes: int) -> None:
        super().__init__(sentence)
        self.classes = classes


def fit(model: nn.Module, path: Path, network: str, unused: tuple[str, ...] = ()) -> None:
    """Load the file of weights at ``path`` into ``model``, whatever wrapper its names come from.

    Names may lie under a prefix (``module.``, ``model._orig_mod.``) or lack one; float16 becomes the model's own.

    Args:
        model: gets the weights; it stays as it was if this raises.
        path: as `read_tensors` takes it.
        network: how the network is called in sentences.
        unused: prefixes of weights that the model does without, such as heads for training only.

    Raises:
        OtherClassesError: only the number of classes differs.
        PhospheneError: the file cannot be read, or names or shapes do not fit.
    """
    wanted = model.state_dict()
    needed = _needed(wanted)
    named = aligned(read_tensors(path), needed, path)
    given = {name: tensor for name, tensor in named.items() if not name.startswith(unused)}
    _check_names(given, wanted, needed, path, network)
    _check_shapes(given, wanted, path, network)
    state = OrderedDict(given)
    state._metadata = getattr(wanted, "_metadata", None)  # type: ignore[attr-defined] # the format's version: today's
    model.load_state_dict(state, strict=False)


def fitted(
    build: Callable[[int], nn.Module], outputs: int, path: Path, asked: Request, unused: tuple[str, ...] = ()
) -> tuple[nn.Module, int]:
    """Return the model that ``build(number of outputs)`` makes with the weights at ``path``, and that number.

    It is ``outputs``, or the file's own where the user has given no class names. Raises as `fit` does.
    """
    model = build(outputs)
    try:
        fit(model, path, asked.spec, unused)
    except OtherClassesError as other:
        if asked.classes is not None:
            raise
        outputs, model = other.classes, build(other.classes)
        fit(model, path, asked.spec, unused)
    return model, outputs


def _needed(wanted: Mapping[str, Tensor]) -> list[str]:
    """The names that a file must hold: not the counters of batch norm, nor a second name of the same tensor."""
    first: dict[int, str] = {}
    for name, tensor in wanted.items():
        first.setdefault(tensor.data_ptr() or id(tensor), name)
    return [name for name in first.values() if not name.endswith("num_batches_tracked")]


def _check_names(
    given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], needed: list[str], path: Path, network: str
) -> None:
    missing = {name: wanted[name] for name in needed if name not in given}
    unexpected = {n: t for n, t in given.items() if n not in wanted and not n.endswith("num_batches_tracked")}
    if not missing and not unexpected:
        return
    found = [f"misses {_some(list(missing))}"] if missing else []
    found += [f"has {_some(list(unexpected))} that the network lacks"] if unexpected else []
    said = " and ".join(found)
    raise PhospheneError(f"{str(path)!r} does not fit {network}: it {said}; {advice(missing, unexpected)}")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


# -- shapes ------------------------------------------------------------------------------------------------------


def _check_shapes(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path, network: str) -> None:
    both = [name for name in wanted if name in given]
    for name in both:
        if wanted[name].is_floating_point() and not given[name].is_floating_point():
            raise PhospheneError(f"{str(path)!r} is quantised ({name} is {given[name].dtype}); give float weights")
    other = [name for name in both if given[name].shape != wanted[name].shape]
    if not other:
        return
    if _one_layers_outputs(other, given, wanted):
        found, expected = (len(tensors[other[0]]) for tensors in (given, wanted))
        raise OtherClassesError(
            f"{str(path)!r} was trained for {found} classes, but {network} has {expected} ({other[0]}); "
            f"give a network with {found} outputs",
            found,
        )
    raise PhospheneError(
        f"{str(path)!r} does not fit {network}: {other[0]} is {_shape(given[other[0]])} in the file but "
        f"{_shape(wanted[other[0]])} in the network{_and_more(other)}; check that they are of the same network"
    )


def _one_layers_outputs(other: list[str], given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    """Whether only one layer differs, and only in its number of outputs."""
    layers = {name.rpartition(".")[0] for name in other}
    inputs_fit = all(given[n].ndim and given[n].shape[1:] == wanted[n].shape[1:] for n in other)
    return len(layers) == 1 and inputs_fit and len({len(given[name]) for name in other}) == 1


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


def _and_more(other: list[str]) -> str:
    return f" (and {len(other) - 1} more differ)" if len(other) > 1 else ""
