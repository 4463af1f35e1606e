"""The maps of some layers for one batch, with the graph that leads back from them, and nothing beyond the last."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from phosphene.axes import to_maps
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.tape import Event, run


def maps_of(net: Network, inputs: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """Run the model on its own inputs (N, C, H, W) to the last of ``layers``; returns {name: (N, units, H, W)}.

    The run is recorded by autograd where gradients are on; the model may work in place, ``inputs`` are then changed.

    Raises:
        UsageError: the model does not come by one of the layers, or cuts it off from its input.
    """
    found: dict[str, Tensor] = {}

    def keep(event: Event) -> bool:
        if event.name in layers:
            maps = to_maps(event.output, event.axis)
            last = len(found) == len(layers) - 1
            found[event.name] = maps if last else maps.clone()  # what comes next may work in place on it
        return len(found) == len(layers)

    run(net.model, inputs, keep)
    for name in layers:
        if name not in found:
            raise UsageError(f"{net.name} does not come by {name!r} on an input of size {tuple(inputs.shape[2:])}")
        if torch.is_grad_enabled() and found[name].grad_fn is None:
            raise UsageError(f"no picture can be made for {name!r}: the model cuts it off from its input")
    return found
