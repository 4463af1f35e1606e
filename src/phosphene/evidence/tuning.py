"""Which colour, which stripes, which checkerboard does a unit prefer?

It is shown flat colours, gratings and checkerboards of the size of what it sees, amid mid-grey, in the network's real
input range. A response is what comes above the answer to mid-grey alone: of a flat colour and of a checkerboard the
answer itself (the largest over the board's shifts), of a grating the mean over its phases plus the amplitude of the
first harmonic, which is the contrast response both of units that follow the phase and of units that do not (Skottun et
al., "Classifying simple and complex cells", 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import nan

import numpy as np

from phosphene.arrays import Floats
from phosphene.evidence import stimuli
from phosphene.evidence.curves import circular, over_phases, top
from phosphene.evidence.probe import Probe
from phosphene.evidence.stimuli import Board, Colour, Grating
from phosphene.evidence.tuned import BoardTuning, FlatTuning, GratingTuning, Tuning
from phosphene.network import Network, Unit

LARGE = 128 * 128
"""Pixels of a picture from which on stimuli are fewer, for each of them takes long."""
FINEST = 0.45
"""Cycles per pixel: at one half phases are no longer told apart."""
SQUARES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64)


@dataclass(frozen=True)
class Plan:
    """What is shown: steps of each curve."""

    hues: Floats
    saturations: Floats
    lightnesses: Floats
    greys: Floats
    directions: Floats
    frequencies: Floats
    phases: Floats
    contrasts: Floats
    scales: tuple[int, ...]
    shifts: int

    @classmethod
    def fitting(cls, field: tuple[int, int], size: tuple[int, int], channels: int) -> Plan:
        """Plan for a unit that sees ``field`` of pictures of ``size``."""
        coarse = size[0] * size[1] > LARGE
        shorter = min(field)
        scales = [scale for scale in SQUARES if 2 * scale <= shorter] or [1]
        return cls(
            hues=np.arange(0, 360, 30.0 if coarse else 15.0) if channels == 3 else np.zeros(0),
            saturations=np.array([1.0] if coarse else [0.5, 1.0]),
            lightnesses=np.array([0.25, 0.5, 0.75]),
            greys=np.linspace(0, 1, 5 if coarse else 9),
            directions=np.arange(0, 180, 22.5 if coarse else 15.0),
            frequencies=_frequencies(shorter, 5 if coarse else 9),
            phases=np.arange(4 if coarse else 6) * (2 * np.pi / (4 if coarse else 6)),
            contrasts=np.array([0.1, 0.3, 1.0] if coarse else [0.1, 0.2, 0.4, 0.7, 1.0]),
            scales=tuple(scales[:: -(-len(scales) // 5)] if coarse else scales),
            shifts=4 if coarse else 8,
        )

    @cached_property
    def colours(self) -> list[Colour]:
        """The flat colours: hue by saturation by lightness, then the greys."""
        coloured = product(self.hues, self.saturations, self.lightnesses)
        return [*(Colour(*map(float, each)) for each in coloured), *(Colour(0, 0, float(v)) for v in self.greys)]


def _frequencies(field: int, most: int) -> Floats:
    """Half octaves from half a cycle in the field, one edge, or wider steps where there would be too many."""
    if field < 3:
        return np.array([FINEST])
    lowest = min(0.5 / field, FINEST / 2)
    count = min(most, max(3, round(2 * np.log2(FINEST / lowest)) + 1))
    return np.geomspace(lowest, FINEST, count)


def tuning(net: Network, units: Sequence[Unit], strongest: Sequence[float]) -> tuple[Tuning, ...]:
    """Ask units of one layer for what they prefer.

    Args:
        net: the network.
        units: of one layer; stimuli are shown to all of them at once.
        strongest: each unit's value for its strongest picture, with which responses are compared.
    """
    layer = units[0].layer
    probe = Probe.of(net, layer, [unit.index or 0 for unit in units])
    plan = Plan.fitting(probe.place.field, probe.place.size, probe.channels)
    grey = probe.grey()
    flat = _flat(probe, plan, grey)
    gratings = _gratings(probe, plan, grey)
    boards = _boards(probe, plan, grey)
    return tuple(
        Tuning(str(unit), probe.place.field, float(grey[u]), float(strongest[u]), flat[u], gratings[u], boards[u])
        for u, unit in enumerate(units)
    )


# -- flat colours ------------------------------------------------------------------------------------------------


def _flat(probe: Probe, plan: Plan, grey: Floats) -> list[FlatTuning]:
    colours = plan.colours

    def draw(some: slice) -> stimuli.Pictures:
        return stimuli.flat(colours[some], probe.channels, probe.place.field)

    answers = probe.ask(draw, len(colours)) - grey
    return [_flat_of(plan, answers[:, u]) for u in range(answers.shape[1])]


def _flat_of(plan: Plan, answers: Floats) -> FlatTuning:
    shape = len(plan.hues), len(plan.saturations), len(plan.lightnesses)
    coloured, greys = answers[: -len(plan.greys)].reshape(shape), answers[-len(plan.greys) :]
    best, largest = _largest(answers)
    hue = selectivity = nan
    if coloured.size and np.isfinite(coloured).all():
        _, saturation, lightness = np.unravel_index(np.argmax(coloured), shape)
        hue, selectivity = circular(coloured[:, saturation, lightness], plan.hues, 360)
    return FlatTuning(
        plan.hues,
        plan.saturations,
        plan.lightnesses,
        coloured,
        plan.greys,
        greys,
        plan.colours[best],
        largest,
        hue,
        selectivity,
    )


def _largest(answers: Floats) -> tuple[int, float]:
    """Return which answer is the largest, and it; NaN where none is finite."""
    finite = np.where(np.isfinite(answers), answers, -np.inf)
    best = int(np.argmax(finite))
    return best, float(answers[best]) if np.isfinite(finite[best]) else nan


# -- gratings ----------------------------------------------------------------------------------------------------


def _shown(probe: Probe, wanted: Sequence[Grating]) -> Floats:
    def draw(some: slice) -> stimuli.Pictures:
        return stimuli.gratings(wanted[some], probe.channels, probe.place.field)

    return probe.ask(draw, len(wanted))


def _gratings(probe: Probe, plan: Plan, grey: Floats) -> list[GratingTuning]:
    wanted = [Grating(*map(float, each)) for each in product(plan.directions, plan.frequencies, plan.phases)]
    shape = len(plan.directions), len(plan.frequencies), len(plan.phases), len(grey)
    answers = np.moveaxis(_shown(probe, wanted).reshape(shape) - grey, -1, 0)
    mean, first = over_phases(answers)
    best = [_best(response) for response in mean + first]
    contrasts = _contrasts(probe, plan, best, grey)
    peak = answers.max(-1)
    return [_grating_of(plan, (peak[u], mean[u], first[u]), best[u], contrasts[u]) for u in range(len(grey))]


def _best(response: Floats) -> tuple[int, int]:
    place, _ = _largest(response.ravel())
    direction, frequency = divmod(place, response.shape[1])
    return direction, frequency


def _contrasts(probe: Probe, plan: Plan, best: Sequence[tuple[int, int]], grey: Floats) -> Floats:
    """Return each unit's responses (U, contrasts) to its best grating; units that share one are asked together."""
    different = sorted(set(best))
    wanted = [
        Grating(float(plan.directions[d]), float(plan.frequencies[f]), float(phase), float(contrast))
        for (d, f), contrast, phase in product(different, plan.contrasts, plan.phases)
    ]
    shape = len(different), len(plan.contrasts), len(plan.phases), len(grey)
    mean, first = over_phases(np.moveaxis(_shown(probe, wanted).reshape(shape) - grey, -1, 0))
    found = mean + first
    return np.stack([found[u, different.index(each)] for u, each in enumerate(best)])


def _grating_of(
    plan: Plan, measured: tuple[Floats, Floats, Floats], best: tuple[int, int], contrasts: Floats
) -> GratingTuning:
    """Say what a unit's largest answers, means and first harmonics (directions, frequencies) come to."""
    peak, mean, first = measured
    response = mean + first
    direction = frequency = selectivity = crossed = modulation = nan
    if np.isfinite(response).all() and response[best] > 0:
        over_directions, over_frequencies = response[:, best[1]], response[best[0]]
        direction = top(over_directions, plan.directions, 180)
        frequency = top(over_frequencies, plan.frequencies)
        _, selectivity = circular(over_directions, plan.directions, 180)
        _, crossed = circular(over_directions, plan.directions, 90)
        modulation = float(first[best] / (max(mean[best], 0) + first[best]))
    return GratingTuning(
        plan.directions,
        plan.frequencies,
        response,
        float(peak[best]),
        direction,
        frequency,
        selectivity,
        crossed,
        modulation,
        plan.contrasts,
        contrasts,
        best[1] in (0, len(plan.frequencies) - 1),
    )


# -- checkerboards -----------------------------------------------------------------------------------------------


def _boards(probe: Probe, plan: Plan, grey: Floats) -> list[BoardTuning]:
    wanted = [Board(scale, shift) for scale in plan.scales for shift in stimuli.shifts(scale, plan.shifts)]
    answers = probe.ask(partial(_draw_boards, probe, wanted), len(wanted)) - grey
    owner = np.array([plan.scales.index(board.scale) for board in wanted])
    response = np.stack([answers[owner == row].max(0) for row in range(len(plan.scales))])
    found = []
    for u in range(len(grey)):
        best, largest = _largest(response[:, u])
        found.append(BoardTuning(plan.scales, response[:, u], largest, plan.scales[best]))
    return found


def _draw_boards(probe: Probe, wanted: Sequence[Board], some: slice) -> stimuli.Pictures:
    return stimuli.boards(wanted[some], probe.channels, probe.place.field)
