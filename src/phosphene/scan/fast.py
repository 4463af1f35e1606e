"""The same network, arranged to run fast: channels-last, and batch norms folded into the convolutions before them.

A batch norm in inference mode is a factor and an offset for each channel, which the convolution before it can apply
itself (Markus, "Fusing batch normalization and convolution in runtime", 2018). That is done on a copy, only where
nothing else sees what lies between the two, and kept only if the layers looked at come out the same.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.utils import parametrize
from torch.nn.utils.fusion import fuse_conv_bn_weights

from phosphene.axes import to_maps
from phosphene.graph import entrance, kind_of, trace
from phosphene.network import Network
from phosphene.tape import Event, run

EXACT = 1e-4
"""How far folded maps may be from the others, as a share of the layer's largest value: rounding stays below it."""


def fast_copy(net: Network, layers: Sequence[str], dtype: torch.dtype = torch.float32) -> nn.Module:
    """Return a copy of the network's model that gives the maps of ``layers`` sooner; the model where it has no copy.

    With another ``dtype`` than float32 the copy computes in that.
    """
    try:
        model = copy.deepcopy(net.model)
    except Exception:  # models may hold what cannot be copied (a lock, a generator); they run as they are
        return net.model
    model = model.eval().requires_grad_(False)
    folded = _folded(copy.deepcopy(model), _pairs(net, layers))
    probe = torch.rand(2, *net.input_size, generator=torch.Generator().manual_seed(0)).to(net.device, net.dtype)
    if _same(model, folded, probe, layers):
        model = folded
    return _channels_last(model.to(dtype))


def _channels_last(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)
    return model


def _pairs(net: Network, layers: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names of (convolution, batch norm) modules of which the second is all that follows the first."""
    start = entrance(torch.zeros(1, *net.input_size, device=net.device, dtype=net.dtype))
    last: list[Node] = []

    def note(event: Event) -> bool:
        if event.output.grad_fn is not None:
            last[:] = [event.output.grad_fn]
        return False

    with torch.enable_grad():
        tape = run(net.model, start, note)
    if not last or start.grad_fn is None:
        return []
    graph = trace(last[0], start.grad_fn)
    followers: dict[Node, int] = {}
    for node in graph.order:
        for edge in graph.edges[node]:
            followers[edge.node] = followers.get(edge.node, 0) + 1
    modules = dict(net.model.named_modules())
    found = []
    for node in graph.order:
        before = graph.edges[node][0].node
        if not kind_of(node).endswith("BatchNorm") or not kind_of(before).endswith("Convolution"):
            continue
        norm, convolution = tape.names.get(node, ""), tape.names.get(before, "")
        alone = followers[before] == 1 and convolution not in layers and norm not in layers
        if alone and _foldable(modules.get(convolution), modules.get(norm)):
            found.append((convolution, norm))
    return _used_once(found, set(tape.names.values()))


def _foldable(convolution: nn.Module | None, norm: nn.Module | None) -> bool:
    """Whether these are plain modules: no hooks that would see the difference, no weights made on the fly."""
    if type(convolution) is not nn.Conv2d or type(norm) is not nn.BatchNorm2d or norm.running_mean is None:
        return False
    hooked = any(m._forward_hooks or m._forward_pre_hooks for m in (convolution, norm))
    return not hooked and not parametrize.is_parametrized(convolution)


def _used_once(pairs: list[tuple[str, str]], names: set[str]) -> list[tuple[str, str]]:
    """Leave out modules that are called again, whose further calls are named ``NAME_1``."""
    return [pair for pair in pairs if not any(f"{name}_1" in names for name in pair)]


def _folded(model: nn.Module, pairs: list[tuple[str, str]]) -> nn.Module:
    for name, norm_name in pairs:
        convolution, norm = model.get_submodule(name), model.get_submodule(norm_name)
        assert isinstance(convolution, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        parent, _, own = norm_name.rpartition(".")
        setattr(model.get_submodule(parent), own, nn.Identity())
    return model


def _same(model: nn.Module, other: nn.Module, probe: Tensor, layers: Sequence[str]) -> bool:
    ours, theirs = (_maps(each, probe, layers) for each in (model, other))
    return ours.keys() == theirs.keys() and all(
        float((ours[name] - theirs[name]).abs().max()) <= EXACT * float(ours[name].abs().max()) for name in ours
    )


def _maps(model: nn.Module, probe: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    maps: dict[str, Tensor] = {}

    def keep(event: Event) -> bool:
        if event.name in layers:
            maps[event.name] = to_maps(event.output, event.axis).clone()
        return False

    with torch.no_grad():
        run(model, probe.clone(), keep)
    return maps
