"""Which layers a scan looks at.

By default each convolution's output after everything that belongs to it: the norm, the sum of a residual block, the
non-linearity, and a pool that stands before that; found by following the autograd graph from the convolution as long as
there is one way on. So no numbers are looked at twice: neither before and after a norm, nor in a part and in the
concatenation of parts.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import torch
from torch.autograd.graph import Node

from phosphene.errors import UsageError, did_you_mean
from phosphene.graph import Graph, entrance, kind_of, trace
from phosphene.network import Layer, Network
from phosphene.project.rules import Treatment, operation_of
from phosphene.tape import Event, run

NORMS = ("NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm", "NativeGroupNorm", "NativeLayerNorm")

POOLS = ("MaxPool2D", "AvgPool2D")


def chosen_layers(net: Network, wanted: Sequence[str] | None = None) -> list[Layer]:
    """Return the layers that ``wanted`` names, in the network's order; the default choice if it is None.

    Each entry is a layer's name, a pattern of names (``layer*.relu*``), or an operation (``kind:conv2d``). Raises
    UsageError for one that names nothing.
    """
    layers = net.layers()
    if wanted is None:
        names = set(default_names(net)) or {layer.name for layer in layers}
        return [layer for layer in layers if layer.name in names]
    found = {layer.name for entry in wanted for layer in _matching(net, layers, entry)}
    return [layer for layer in layers if layer.name in found]


def _matching(net: Network, layers: list[Layer], entry: str) -> list[Layer]:
    kind = entry.removeprefix("kind:")
    if kind != entry:
        found = [layer for layer in layers if layer.kind == kind]
        known = sorted({layer.kind for layer in layers})
    else:
        found = [layer for layer in layers if layer.name == entry or fnmatch.fnmatchcase(layer.name, entry)]
        known = [layer.name for layer in layers]
    if not found:
        hint = did_you_mean(kind, known) or "; `phosphene layers` lists them"
        raise UsageError(f"{net.name} has no layer {entry!r}{hint}")
    return found


def default_names(net: Network) -> list[str]:
    """Return the layers at the ends of the convolutions' own chains, in the network's order."""
    start = entrance(torch.zeros(1, *net.input_size, device=net.device, dtype=net.dtype))
    made: dict[Node, str] = {}
    last: list[Event] = []

    def note(event: Event) -> bool:
        if event.output.grad_fn is not None:
            made[event.output.grad_fn] = event.name
        last[:] = [event]
        return False

    with torch.enable_grad():
        run(net.model, start, note)
    if not last or last[0].output.grad_fn is None or start.grad_fn is None:
        return []
    graph = trace(last[0].output.grad_fn, start.grad_fn)
    onward = _onward(graph)
    ends = {_end(node, graph, onward, made) for node in graph.order if _is_convolution(node)}
    return [name for node, name in made.items() if node in ends]


def _onward(graph: Graph) -> dict[Node, list[Node]]:
    """Return for every node the nodes that take its output."""
    onward: dict[Node, list[Node]] = {}
    for node in graph.order:
        for edge in graph.edges[node]:
            onward.setdefault(edge.node, []).append(node)
    return onward


def _end(node: Node, graph: Graph, onward: dict[Node, list[Node]], made: dict[Node, str]) -> Node | None:
    """Follow a convolution's output through what belongs to it; the last node that is a layer's output.

    A pool may stand between a convolution and its non-linearity; behind that it is the next one's affair.
    """
    end = node if node in made else None
    bent = False
    while len(after := onward.get(node, [])) == 1:
        node = after[0]
        bent = bent or _is_nonlinearity(node, graph)
        if _belongs(node, graph):
            end = node if node in made else end
        elif bent or not kind_of(node).startswith(POOLS):
            break
    return end


def _belongs(node: Node, graph: Graph) -> bool:
    """Whether an operation finishes a convolution: a norm, a sum, or a non-linearity of one map."""
    return kind_of(node) in (*NORMS, "Add") or _is_nonlinearity(node, graph)


def _is_nonlinearity(node: Node, graph: Graph) -> bool:
    return operation_of(node, graph.edges[node], held=False).treatment is Treatment.NONLINEARITY


def _is_convolution(node: Node) -> bool:
    """Whether a node is a convolution of a plane: one of single pixels stands for a fully connected layer or a gate."""
    if not kind_of(node).endswith("Convolution"):
        return False
    shapes = [tuple(int(n) for n in meta.shape) for meta in node._input_metadata]
    return len(shapes[0]) == 4 and shapes[0][2] * shapes[0][3] > 1
