"""What a tuning curve says: where its top is, between the points that were measured, and how far it favours it."""

from __future__ import annotations

import numpy as np

from phosphene.arrays import Floats

LEAST = 1e-3
"""Part of the largest response below which a point of a curve counts as that part, where its logarithm is taken."""


def circular(responses: Floats, degrees: Floats, period: float) -> tuple[float, float]:
    """Return the mean direction and the selectivity (one minus the circular variance) of responses on a circle.

    Directions that repeat after ``period`` degrees are stretched to a full turn first (doubled, for stripes), so that
    179 and 1 degree are neighbours (Mardia & Jupp, "Directional statistics", 2000; Ringach et al. 2002 for the index).
    Responses below zero count as none. Both are NaN where there are none.
    """
    weights = np.maximum(responses, 0)
    total = weights.sum()
    if not total > 0:
        return float("nan"), float("nan")
    vector = (weights * np.exp(2j * np.pi * degrees / period)).sum() / total
    return float(np.angle(vector) / (2 * np.pi) * period % period), float(abs(vector))


def top(responses: Floats, places: Floats, period: float | None = None) -> float:
    """Return where a curve has its top: that of the parabola through the logarithms of the largest and its neighbours.

    It is exact for a bell curve. At either end of an open curve it is the end; with ``period`` the curve closes.
    """
    best = int(np.argmax(responses))
    if period is None and best in (0, len(responses) - 1):
        return float(places[best])
    around = np.array([best - 1, best, best + 1])
    x = np.take(places, around, mode="wrap").astype(np.float64)
    if period is not None:
        x += period * np.array([around[0] < 0, 0, around[2] >= len(places)]) * np.array([-1, 0, 1])
    y = np.log(np.maximum(np.take(responses, around, mode="wrap") / responses[best], LEAST))
    bend, slope, _ = np.polyfit(x - x[1], y, 2)
    found = x[1] if bend >= 0 else float(np.clip(x[1] - slope / (2 * bend), x[0], x[2]))
    return float(found % period if period is not None else found)


def over_phases(responses: Floats) -> tuple[Floats, Floats]:
    """Return the mean (F0) and the first harmonic's amplitude (F1) of responses (..., phases) to a moving grating."""
    phases = responses.shape[-1]
    harmonics = np.fft.rfft(responses, axis=-1) / phases
    return responses.mean(-1), 2 * np.abs(harmonics[..., 1])
