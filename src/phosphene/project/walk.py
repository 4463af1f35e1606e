"""Send signals from a layer's output back to the input picture, through the graph of one shared forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor
from torch.autograd.graph import Node

from phosphene.graph import Edge, Graph, kind_of
from phosphene.project.rules import Operation, Way, operation_of
from phosphene.project.signal import Signal, add, summed_to
from phosphene.project.step import Step
from phosphene.project.transposes import by_gradients


@dataclass(frozen=True)
class Used:
    """What one operation on the way back did: its layer, its name in PyTorch's graph, its treatment in words."""

    layer: str
    operation: str
    treatment: str
    effect: str

    def __str__(self) -> str:
        return f"{self.layer} ({self.operation}): {self.effect}"


@dataclass(frozen=True)
class Route:
    """The way from a layer to the input: the graph, the layer names on it, and what was cut off on the way."""

    graph: Graph
    output: Node
    slot: int
    names: dict[Node, str]
    held: frozenset[Node]

    @cached_property
    def stages(self) -> list[tuple[Step, Operation]]:
        """The operations on the way, from the layer to the input, with their rows of the table of rules."""
        edges = self.graph.edges
        return [
            (Step(node, edges[node]), operation_of(node, edges[node], node in self.held)) for node in self.graph.order
        ]

    def rules_used(self, way: Way) -> list[Used]:
        """List what every operation on the way does, from the layer to the input."""
        return [
            Used(self.names[step.node], kind_of(step.node), operation.treatment, way.told(operation))
            for step, operation in self.stages
        ]

    def back(self, signal: Signal, way: Way, shape: tuple[int, ...]) -> Tensor:
        """Send ``signal`` (U, *output) back; returns (U, N, C, H, W) at the input of ``shape`` (N, C, H, W)."""
        waiting: dict[tuple[Node, int], Signal] = {(self.output, self.slot): signal}
        for step, operation in self.stages:
            slots = range(len(step.shapes))
            arrived = {slot: waiting.pop((step.node, slot)) for slot in slots if (step.node, slot) in waiting}
            if not arrived:
                continue
            for edge, sent in zip(step.edges, _sent(step, operation, arrived, way), strict=True):
                key = (edge.node, edge.slot)
                waiting[key] = add(waiting.get(key), _fitted(sent, edge), edge.shape)
        final = waiting.get((self.graph.entry, 0))
        if final is None:
            return signal.values.new_zeros(len(signal.values), *shape)
        return final.dense(shape)


def _sent(step: Step, operation: Operation, arrived: dict[int, Signal], way: Way) -> list[Signal]:
    if len(step.shapes) == 1 or (set(arrived) == {0} and _single(step.node)):
        return way.send(step, operation, arrived[0])
    like = next(iter(arrived.values())).values
    outputs = [
        arrived[slot].dense(shape) if slot in arrived else like.new_zeros(len(like), *shape)
        for slot, shape in enumerate(step.shapes)
    ]
    return by_gradients(step, outputs)


def _single(node: Node) -> bool:
    """Whether a node has further outputs that no signal can arrive at (a norm's statistics)."""
    return "Norm" in node.name() or "MaxPool" in node.name()


def _fitted(sent: Signal, edge: Edge) -> Signal:
    sent = sent.stored_as(edge.dtype, edge.device)  # a model may cast on the way
    if sent.window is not None and sent.window.fills(edge.shape):
        sent = sent.whole(edge.shape)
    if sent.window is not None or sent.channel is not None or sent.values.shape[1:] == edge.shape:
        return sent
    return Signal(summed_to(sent.values, edge.shape))


def fill_names(graph: Graph, names: dict[Node, str], output: Node, layer: str) -> dict[Node, str]:
    """Give every node of ``graph`` a layer name: its own, or that of the operation it is a part of."""
    known = {output: layer}
    for node in graph.order:
        known[node] = names.get(node, known.get(node, layer))
        for edge in graph.edges[node]:
            known.setdefault(edge.node, known[node])
    return known
