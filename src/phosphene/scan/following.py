"""Which modules of a model stand directly behind one another, with nothing else that sees what lies between them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.utils import parametrize

from phosphene.graph import Graph, entrance, trace
from phosphene.tape import Event, run


def following(model: nn.Module, x: Tensor) -> list[tuple[str, str]]:
    """Return the names of (module, module): the second, and no other operation, takes what the first gives for ``x``.

    Only modules without hooks, and called once, so that one may do the other's work.
    """
    start = entrance(x)
    last: list[Node] = []

    def note(event: Event) -> bool:
        if event.output.grad_fn is not None:
            last[:] = [event.output.grad_fn]
        return False

    with torch.enable_grad():
        tape = run(model, start, note)
    if not last or start.grad_fn is None:
        return []
    pairs = _pairs(trace(last[0], start.grad_fn), tape.names)
    names = set(tape.names.values())
    once = {name for name, module in model.named_modules() if _plain(module) and f"{name}_1" not in names}
    return [pair for pair in pairs if once.issuperset(pair)]


def _pairs(graph: Graph, names: dict[Node, str]) -> Iterator[tuple[str, str]]:
    takers: dict[Node, int] = {}
    for edges in graph.edges.values():
        for edge in edges:
            takers[edge.node] = takers.get(edge.node, 0) + 1
    for node in graph.order:
        before = graph.edges[node][0].node
        if takers[before] == 1 and node in names and before in names:
            yield names[before], names[node]


def _plain(module: nn.Module) -> bool:
    """Whether a module does what its class says."""
    return not (module._forward_hooks or module._forward_pre_hooks or parametrize.is_parametrized(module))
