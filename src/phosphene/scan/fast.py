"""The same network, arranged to run fast: channels-last, and with operations that do the work of two.

A batch norm in inference mode is a factor and an offset for each channel, which the convolution before it can apply
itself (Markus, "Fusing batch normalization and convolution in runtime", 2018); a non-linearity can be applied to a
convolution's output before that is written to memory. That is done on a copy, only where nothing else sees what lies
between the two, and kept only if the layers looked at come out the same.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from phosphene.axes import to_maps
from phosphene.network import Network
from phosphene.scan.fused import Bent, averaged, bent, folded
from phosphene.tape import Event, run

EXACT = 1e-4
"""How far rearranged maps may be from the others, as a share of the layer's largest value: rounding stays below it."""


def fast_copy(net: Network, layers: Sequence[str], dtype: torch.dtype = torch.float32) -> nn.Module:
    """Return a copy of the network's model that gives the maps of ``layers`` sooner; the model where it has no copy.

    With another ``dtype`` than float32 the copy computes in that.
    """
    try:
        model = copy.deepcopy(net.model)
    except Exception:  # models may hold what cannot be copied (a lock, a generator); they run as they are
        return net.model
    model = model.eval().requires_grad_(False)
    probe = torch.rand(2, *net.input_size, generator=torch.Generator().manual_seed(0)).to(net.device, net.dtype)
    wanted = _maps(model, probe, layers)
    for arranged in (folded, bent, averaged) if _bends_in(dtype) else (folded, averaged):
        other = arranged(copy.deepcopy(model), layers, probe[:1])
        if _same(other, wanted, probe):
            model = other
    return _channels_last(model.to(dtype))


def _bends_in(dtype: torch.dtype) -> bool:
    """Whether oneDNN computes in ``dtype`` here: older processors have no bfloat16, and it then refuses."""
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    return dtype != torch.bfloat16 or bool(supported())


def _channels_last(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | Bent):
            module.to(memory_format=torch.channels_last)
    return model


def _same(model: nn.Module, wanted: dict[str, Tensor], probe: Tensor) -> bool:
    try:
        found = _maps(model, probe, list(wanted))
    except Exception:  # what a model does between two modules may not be seen: it may have asked for a shape there
        return False
    return found.keys() == wanted.keys() and all(
        found[name].shape == maps.shape and float((found[name] - maps).abs().max()) <= EXACT * float(maps.abs().max())
        for name, maps in wanted.items()
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
