"""What tuning comes to, unit by unit: the curves, what they prefer, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.phrases import percent
from phosphene.evidence.stimuli import Colour, direction_name, hue_name

RESPONDS = 0.05
"""Part of what its strongest picture does that a stimulus must reach for a unit to respond to it at all."""
WEAKLY = 0.3
"""Part below which the unit is said to be after something else."""
CHOOSY = 0.3
"""Selectivity from which on a preference is worth a word."""
CLEARLY = 1.2
"""How many times as far as stripes a checkerboard must drive a unit to be its pattern."""


@dataclass(frozen=True)
class FlatTuning:
    """Responses to flat colours.

    Attributes:
        hues, saturations, lightnesses: what ``response`` runs over; hues in degrees, none where pictures are not RGB.
        response: (hues, saturations, lightnesses).
        greys: lightnesses of ``grey_response`` (greys,).
        best: the colour with the largest response, and ``largest`` that response.
        hue, hue_selectivity: circular mean and one minus circular variance over the hues, at the saturation and
            lightness with the largest response; NaN where no colour raises the unit.
    """

    hues: Floats
    saturations: Floats
    lightnesses: Floats
    response: Floats
    greys: Floats
    grey_response: Floats
    best: Colour
    largest: float
    hue: float
    hue_selectivity: float


@dataclass(frozen=True)
class GratingTuning:
    """Responses to gratings of full contrast.

    Attributes:
        directions, frequencies: what ``response`` runs over: degrees, cycles per pixel.
        response: (directions, frequencies), over the phases.
        largest: the answer at the best phase of the grating with the largest response.
        direction, frequency: the preferred ones, between the grid's points; NaN where no grating raises the unit.
        selectivity: one minus circular variance over directions at the best frequency, angles doubled; 0 to 1.
        crossed: the same for directions that repeat after a quarter turn: two at right angles, as in a checkerboard.
        modulation: F1 / (F0 + F1) at the best grating: 1 follows the phase wholly, 0 not at all.
        contrasts, contrast_response: of the best grating.
        at_an_end: whether the best frequency is the coarsest or finest that was shown.
    """

    directions: Floats
    frequencies: Floats
    response: Floats
    largest: float
    direction: float
    frequency: float
    selectivity: float
    crossed: float
    modulation: float
    contrasts: Floats
    contrast_response: Floats
    at_an_end: bool


@dataclass(frozen=True)
class BoardTuning:
    """Responses to checkerboards: ``response`` (scales,) over squares of ``scales`` pixels; ``scale`` is the best."""

    scales: tuple[int, ...]
    response: Floats
    largest: float
    scale: int


@dataclass(frozen=True)
class Tuning:
    """What one unit prefers. ``grey`` is its answer to mid-grey, ``strongest`` that to its strongest picture."""

    unit: str
    field: tuple[int, int]
    grey: float
    strongest: float
    flat: FlatTuning
    gratings: GratingTuning
    boards: BoardTuning

    def part(self, response: float) -> float:
        """Return a response as part of what its strongest picture raises it by; NaN where that is nothing."""
        raised = self.strongest - self.grey
        return response / raised if raised > 0 else nan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The answers in one sentence each: of colour, and of pattern."""
        return _colour(self), _pattern(self)


# -- words -------------------------------------------------------------------------------------------------------


def _colour(found: Tuning) -> Finding:
    flat, part = found.flat, found.part(found.flat.largest)
    if not part >= RESPONDS:
        return _finding(found, "colour", part, f"{_nothing('No flat colour', found, part)}.")
    return _finding(
        found, "colour", part, f"A flat field of {flat.best.name} drives {_so_far(found, part)}{_of_hue(flat)}."
    )


def _of_hue(flat: FlatTuning) -> str:
    if not len(flat.hues):
        return ""
    if not flat.hue_selectivity >= CHOOSY:
        return "; its hue hardly matters"
    return f"; of all hues it likes {hue_name(flat.hue)} best ({flat.hue:.0f}°, selectivity {flat.hue_selectivity:.2f})"


def _pattern(found: Tuning) -> Finding:
    gratings, boards = found.gratings, found.boards
    striped, checked = found.part(gratings.largest), found.part(boards.largest)
    if checked >= RESPONDS and not checked <= striped * CLEARLY:
        far = f"{_so_far(found, checked)}; stripes at most {percent(striped)}"
        text = f"A checkerboard with squares of {boards.scale} px drives {far}."
        return _finding(found, "pattern", checked, text)
    if not striped >= RESPONDS or isnan(gratings.direction):
        return _finding(found, "pattern", striped, f"{_nothing('Neither stripes nor checkerboards', found, striped)}.")
    end = "the stripes are the coarsest or the finest that were shown, it may prefer others still"
    text = f"{_stripes(gratings)} drive {_so_far(found, striped)}; {_of_direction(gratings)}."
    return _finding(found, "pattern", striped, text, end if gratings.at_an_end else "")


def _stripes(gratings: GratingTuning) -> str:
    name = direction_name(gratings.direction).capitalize()
    return f"{name} stripes ({gratings.direction:.0f}°, {1 / gratings.frequency:.1f} px from one to the next)"


def _nothing(what: str, found: Tuning, part: float) -> str:
    most = "" if isnan(part) else f": at most {percent(max(part, 0))} as far as its strongest picture"
    return f"{what} {'drives' if what.startswith('No ') else 'drive'} {found.unit}{most}"


def _so_far(found: Tuning, part: float) -> str:
    return f"{found.unit} {percent(part)} as far above mid-grey as its strongest picture"


def _of_direction(gratings: GratingTuning) -> str:
    if gratings.selectivity >= CHOOSY:
        return f"it is choosy about their direction (selectivity {gratings.selectivity:.2f})"
    if gratings.crossed >= CHOOSY:
        return "it likes two directions at right angles alike"
    return f"their direction hardly matters (selectivity {gratings.selectivity:.2f})"


def _finding(found: Tuning, question: str, part: float, text: str, caution: str = "") -> Finding:
    return Finding(question, part, text, 0.0, "a mid-grey field", caution=_caution(found, part) or caution)


def _caution(found: Tuning, part: float) -> str:
    if isnan(part):
        return "mid-grey alone drives it as far as its strongest picture, so that there is nothing to compare with"
    if RESPONDS <= part < WEAKLY:
        return "its strongest picture drives it much further, so it is after something else"
    return ""
