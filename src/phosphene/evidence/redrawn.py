"""A model with some of its weights drawn anew; the user's own is never touched."""

from __future__ import annotations

import copy
from typing import Literal

import torch
from torch import Tensor, nn

from phosphene.network import Network

Redraw = Literal["permuted", "noise"]


def weighted_layers(net: Network, layer: str, inputs: Tensor) -> list[str]:
    """Return the modules with weights of their own that run before ``layer`` ends, in the order they run."""
    net.layer(layer)  # looking for layers runs the whole model: now, and not below
    copied = copy.copy(net)
    copied.model = copy.deepcopy(net.model)
    order: dict[str, None] = {}
    for name, module in copied.model.named_modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_pre_hook(lambda *_, name=name: order.setdefault(name))
    copied.record(inputs, layer)
    return list(order)


def redrawn(model: nn.Module, name: str, how: Redraw, generator: torch.Generator) -> None:
    """Draw the weights and biases of the module called ``name`` anew, in place: give it a copy.

    ``"permuted"``: the same numbers in another order, each tensor on its own. ``"noise"``: a normal distribution of
    each tensor's mean and deviation. Running means and variances of a batch norm stay.
    """
    with torch.no_grad():
        for tensor in model.get_submodule(name).parameters(recurse=False):
            tensor.copy_(_drawn(tensor, how, generator))


def _drawn(tensor: Tensor, how: Redraw, generator: torch.Generator) -> Tensor:
    if how == "permuted":
        order = torch.randperm(tensor.numel(), generator=generator).to(tensor.device)
        return tensor.flatten()[order].reshape(tensor.shape)
    noise = torch.randn(tensor.shape, generator=generator).to(tensor)
    return noise * tensor.std(unbiased=False) + tensor.mean()
