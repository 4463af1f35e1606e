"""Send signals from a layer's output back to the input picture, through the graph of one shared forward pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor
from torch.autograd.graph import Node

from phosphene.graph import Edge, Graph, kind_of, output_shapes
from phosphene.project.rules import Way, operation_of
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
    memo: dict[tuple[Node, str], Tensor] = field(default_factory=dict)

    def rules_used(self, way: Way) -> list[Used]:
        """List what every operation on the way does, from the layer to the input."""
        return [self._used(node, way) for node in self.graph.order]

    def _used(self, node: Node, way: Way) -> Used:
        operation = operation_of(node, self.graph.edges[node], node in self.held)
        return Used(self.names[node], kind_of(node), operation.treatment, way.told(operation))

    def back(self, signal: Signal, way: Way, shape: tuple[int, ...]) -> Tensor:
        """Send ``signal`` (U, *output) back; returns (U, N, C, H, W) at the input of ``shape`` (N, C, H, W)."""
        waiting: dict[tuple[Node, int], Signal] = {(self.output, self.slot): signal}
        for node in self.graph.order:
            arrived = {slot: waiting.pop((node, slot)) for slot in range(_slots(node)) if (node, slot) in waiting}
            if not arrived:
                continue
            edges = self.graph.edges[node]
            for edge, sent in zip(edges, self._sent(node, edges, arrived, way), strict=True):
                sent = _fitted(sent, edge)
                key = (edge.node, edge.slot)
                waiting[key] = add(waiting.get(key), sent, edge.shape)
        final = waiting.get((self.graph.entry, 0))
        if final is None:
            return signal.values.new_zeros(len(signal.values), *shape)
        return final.dense(shape)

    def _sent(self, node: Node, edges: list[Edge], arrived: dict[int, Signal], way: Way) -> list[Signal]:
        step = Step(node, edges, self.memo)
        if _slots(node) == 1 or (set(arrived) == {0} and _single(node)):
            return way.send(step, operation_of(node, edges, node in self.held), arrived[0])
        shapes = output_shapes(node)
        units = len(next(iter(arrived.values())).values)
        like = next(iter(arrived.values())).values
        outputs = [
            arrived[slot].dense(shape) if slot in arrived else like.new_zeros(units, *shape)
            for slot, shape in enumerate(shapes)
        ]
        return by_gradients(step, outputs)


def _slots(node: Node) -> int:
    return len(node._input_metadata)


def _single(node: Node) -> bool:
    """Whether a node has further outputs that no signal can arrive at (a norm's statistics)."""
    return "Norm" in node.name() or "MaxPool" in node.name()


def _fitted(sent: Signal, edge: Edge) -> Signal:
    stored = edge.node._input_metadata[edge.slot]
    sent = sent.stored_as(stored.dtype, stored.device)  # a model may cast on the way
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
