"""PyTorch's own record of a run: the autograd graph between a layer's output and the input picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node


@dataclass(frozen=True)
class Edge:
    """Where one of a node's gradients goes: output ``slot`` of ``node``'s forward operation, of ``shape``.

    ``index`` is its place among the gradients the node returns; ``dtype`` and ``device`` are those of that output.
    """

    index: int
    node: Node
    slot: int
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


@dataclass
class Graph:
    """The nodes between ``output`` and the input, output first, each before the nodes it sends gradients to.

    Attributes:
        order: the nodes that the input reaches, without the entry.
        edges: for each of them, its edges towards the input.
        entry: the node that stands for the input picture.
    """

    entry: Node
    order: list[Node] = field(default_factory=list)
    edges: dict[Node, list[Edge]] = field(default_factory=dict)


def kind_of(node: Node) -> str:
    """Return the bare operation of a node: ``Relu`` for ``ReluBackward0``, ``CopySlices`` for itself."""
    return _bare(node.name())


@lru_cache(maxsize=1024)
def _bare(name: str) -> str:
    return name.rsplit("::", 1)[-1].rstrip("0123456789").removesuffix("Backward")


def saved(node: Node, name: str) -> Any:
    """Return what autograd saved under ``name`` for an operation's backward (`_saved_...`)."""
    return getattr(node, f"_saved_{name}")


def entrance(images: Tensor) -> Tensor:
    """Return a copy of ``images`` whose ``grad_fn`` marks the way in: a model may even work on it in place."""
    with torch.enable_grad():
        return images.detach().requires_grad_().clone()


def output_shapes(node: Node) -> list[tuple[int, ...]]:
    """Return the shapes of the outputs of a node's forward operation."""
    return [tuple(int(n) for n in meta.shape) for meta in node._input_metadata]


def trace(output: Node, entry: Node) -> Graph:
    """Collect the nodes on the way from ``output`` to ``entry``; ``order`` is empty where there is no way."""
    graph = Graph(entry)
    reached: dict[Node, bool] = {entry: True}
    for node in _postorder(output, entry):
        edges = [
            _edge(index, target, slot)
            for index, (target, slot) in enumerate(node.next_functions)
            if target is not None and reached.get(target)
        ]
        reached[node] = bool(edges)
        if edges:
            graph.edges[node] = edges
            graph.order.append(node)
    graph.order.reverse()
    return graph


def _edge(index: int, node: Node, slot: int) -> Edge:
    output = node._input_metadata[slot]
    return Edge(index, node, slot, tuple(int(n) for n in output.shape), output.dtype, output.device)


def _postorder(output: Node, entry: Node) -> Iterator[Node]:
    seen = {output}
    stack = [(output, iter(output.next_functions))] if output is not entry else []
    while stack:
        node, rest = stack[-1]
        for target, _ in rest:
            if target is not None and target is not entry and target not in seen:
                seen.add(target)
                stack.append((target, iter(target.next_functions)))
                break
        else:
            stack.pop()
            yield node
