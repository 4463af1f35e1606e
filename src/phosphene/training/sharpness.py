"""Gradients at the worst point near the weights, which lead to flat minima (sharpness-aware minimisation)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def at_worst_nearby(parameters: Sequence[nn.Parameter], radius: float) -> Iterator[None]:
    """Within the block the `parameters` lie `radius` up their gradients; afterwards where they were, to the bit.

    After Foret et al., "Sharpness-aware minimization for efficiently improving generalization" (2021), equation
    2: the step is the gradient of all parameters together, scaled to the length `radius`. Parameters without a
    gradient stay; so do all where every gradient is zero.
    """
    moved: list[Tensor] = [p for p in parameters if p.grad is not None]
    gradients = [p.grad for p in moved if p.grad is not None]
    kept = [p.detach().clone() for p in moved]
    with torch.no_grad():
        length = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        scale = torch.where(length > 0, radius / length, 0)
        torch._foreach_add_(moved, torch._foreach_mul(gradients, scale))
    try:
        yield
    finally:
        with torch.no_grad():
            torch._foreach_copy_(moved, kept)
