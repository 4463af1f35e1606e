"""The learning rate along a training: it climbs in a straight line and falls in one."""

from __future__ import annotations

START = 0.2
"""Share of the peak at the first step."""
END = 0.01
"""Share of the peak at the last step."""


def one_cycle(step: int, steps: int, peak: float, warm_up: float) -> float:
    """Learning rate of `step` (from 0) out of `steps`: `START` to 1 over the first `warm_up`, then to `END`.

    After L. Smith, "Super-convergence" (2018), with straight lines.
    """
    last = max(steps - 1, 1)
    top = warm_up * last
    if step < top:
        return peak * (START + (1 - START) * step / top)
    return peak * (1 + (END - 1) * (step - top) / max(last - top, 1e-9))
