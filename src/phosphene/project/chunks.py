"""How many units go back at once: as many as fit into the memory that they may take."""

from __future__ import annotations

import math

from torch import Tensor
from torch.autograd.graph import Node

from phosphene.project.walk import Route
from phosphene.project.window import Window

WHOLE_PLANES = 64 * 2**20  # bytes of signals over whole planes at a time: more would fall out of the cache
TENSORS = 5  # of the largest size on the way stand beside each other, about


def units_at_once(route: Route, start: Tensor, window: Window | None, units: int, memory: int) -> int:
    """Return how many of ``units`` signals, that start in a ``window`` or over whole planes, fit into ``memory`` bytes.

    All results stand there too, unless they are so large that they go into a file.
    """
    result = units * start.numel() * start.element_size()
    budget = memory - result if result <= memory else memory
    if start.device.type == "cpu" and window is None:
        budget = min(budget, WHOLE_PLANES)
    budget //= TENSORS * start.element_size()
    whole = max((math.prod(e.shape) for edges in route.graph.edges.values() for e in edges), default=start.numel())
    if whole * units <= budget or window is None:
        return max(1, budget // whole)
    return max(1, budget // largest(route, window))


def largest(route: Route, window: Window) -> int:
    """Return how many values the largest signal on the way back holds, of one unit that starts in ``window``."""
    windows: dict[tuple[Node, int], Window | None] = {(route.output, route.slot): window}
    most = 1
    for step, operation in route.stages:
        seen = windows.get((step.node, 0)) if operation.local and step.keeps_plane else None
        for edge in step.edges:
            key = (edge.node, edge.slot)
            sent = step.through(seen) if seen is not None else None
            if key in windows:
                other = windows[key]
                sent = sent.joined(other) if sent is not None and other is not None else None
            if sent is not None and sent.fills(edge.shape):
                sent = None
            windows[key] = sent
            most = max(most, math.prod(edge.shape if sent is None else (*edge.shape[:-2], *sent.size)))
    return most
