"""A way back where none is: a unit that is silent on the first, faint picture has no gradient to follow.

Lucid lets the gradient through the rectifiers that block it during the first steps ("redirected ReLU"). Here that is
done on autograd's record of the run, whatever the non-linearity and however it is written: nothing of the model is
touched, and the record is gone after the step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.graph import Node

from phosphene.graph import Graph, trace

Gradients = tuple[Tensor | None, ...]


def redirect(graph: Graph) -> None:
    """Let what a node of ``graph`` blocks for a whole picture through, where it asks for more.

    Meant are operations of one tensor that give one of its shape: rectifiers. Where all of a picture's gradient ends at
    one, the gradient behind it takes its place, without the parts below zero: what is silent cannot be lowered.
    """
    for node in graph.order:
        edges = graph.edges[node]
        if len(edges) == 1:
            node.register_hook(_passing(edges[0].index))


def _passing(index: int) -> Callable[[Gradients, Gradients], Gradients | None]:
    def hook(before: Gradients, behind: Gradients) -> Gradients | None:
        given, asked = before[index], behind[0]
        if given is None or asked is None or given.shape != asked.shape or given.ndim < 2:
            return None
        blocked = (given == 0).flatten(1).all(1)
        if not bool(blocked.any()):
            return None
        through = torch.where(blocked.reshape(-1, *[1] * (given.ndim - 1)), asked.clamp(min=0), given)
        return (*before[:index], through, *before[index + 1 :])

    return hook


def graph_between(output: Tensor, source: Tensor) -> Graph:
    """Return autograd's record between ``output`` and ``source``, which has a ``grad_fn`` of its own."""
    end, entry = output.grad_fn, source.grad_fn
    assert isinstance(end, Node)
    assert isinstance(entry, Node)
    return trace(end, entry)
