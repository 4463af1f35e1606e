"""The pictures of all seeds, as many at a time as are well made together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from phosphene.dream.ascent import Climb, Plan
from phosphene.dream.canvas import Free, Phases
from phosphene.dream.natural import Natural
from phosphene.dream.objective import Objective
from phosphene.network import Network

AT_ONCE = 16  # pictures
STRONG = 0.95  # the part of a picture's pixels that matter less than what counts as mattering wholly
BLUR = 1 / 32  # of the side, over which what mattered is averaged


@dataclass(frozen=True)
class Stepped:
    """A step was taken: ``done`` of ``total``, and the mean of what is raised."""

    done: int
    total: int
    value: float


@dataclass(frozen=True)
class Making:
    """What all pictures of one dream have in common.

    Attributes:
        net: the network.
        objective: what is raised.
        method: ``"fourier"`` or ``"maco"``.
        plan: how.
        natural: what pictures are to have in common with photographs, on the network's device.
        start: (1, C, H, W) in picture values, or None.
    """

    net: Network
    objective: Objective
    method: str
    plan: Plan
    natural: Natural
    start: Tensor | None

    def run(self, seeds: Sequence[int], count: int, tell: Callable[[Stepped], None]) -> tuple[Tensor, Tensor]:
        """Make ``count`` pictures from each seed: (seeds, count, C, H, W) and what mattered (seeds, count, H, W)."""
        together = max(1, AT_ONCE // count)
        groups = [seeds[first : first + together] for first in range(0, len(seeds), together)]
        total = len(groups) * self.plan.steps

        def hear(before: int, step: int, value: float) -> None:
            tell(Stepped(before + step, total, value))

        made = [self._some(group, count, partial(hear, n * self.plan.steps)) for n, group in enumerate(groups)]
        pictures, importance = (torch.cat(parts) for parts in zip(*made, strict=True))
        shape = len(seeds), count
        return pictures.reshape(*shape, *pictures.shape[1:]), importance.reshape(*shape, *importance.shape[1:])

    def _some(self, seeds: Sequence[int], count: int, tell: Callable[[int, float], None]) -> tuple[Tensor, Tensor]:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        canvas = self.canvas(generators, count)
        importance = Climb(self.net, self.objective, canvas, generators, self.plan).run(tell)
        with torch.no_grad():
            return canvas.picture().cpu(), evened(importance).cpu()

    def canvas(self, generators: Sequence[torch.Generator], count: int) -> Free | Phases:
        """Return a canvas with ``count`` pictures from each source of chance, as they begin."""
        shape = (count, *self.net.input_size)
        noise = torch.cat([torch.randn(shape, generator=each) for each in generators]).to(self.net.device)
        kind = Phases if self.method == "maco" else Free
        return kind(self.natural, (noise.shape[2], noise.shape[3]), noise, self.start)


def evened(importance: Tensor) -> Tensor:
    """Bring sums of gradients (N, H, W) to 0..1: averaged over neighbours, 1 from the strongest twentieth on."""
    side = 2 * round(BLUR * min(importance.shape[1:])) + 1
    padded = torch.nn.functional.pad(importance[:, None], [side // 2] * 4, mode="replicate")
    smooth = torch.nn.functional.avg_pool2d(padded, side, 1)[:, 0]
    strong = smooth.flatten(1).quantile(STRONG, dim=1)[:, None, None]
    return torch.where(strong > 0, smooth / strong, 0.0).clamp(0, 1)
