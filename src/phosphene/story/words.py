"""Numbers as words. Every sentence of the page is made from figures by these and the chapters."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from phosphene.story.findings import LayerFacts
from phosphene.story.measures import Tuning

_SIDES = (("darkness", "lightness"), ("green", "red"), ("blue", "yellow"))


def percent(share: float) -> str:
    """Return a share as a whole percentage; one that is not zero never reads as zero."""
    return "under 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def signed(r: float) -> str:
    """Return a correlation with its sign, such as ``+0.31`` or ``−0.04``."""
    return f"{r:+.2f}".replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(count: int, one: str, many: str = "") -> str:
    """Return ``1 picture`` or ``2,000 pictures``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def side(axis: int, r: float) -> str:
    """Return the colour that a correlation with a CIELAB axis points to."""
    return _SIDES[axis][r > 0]


def verdict(share: float) -> str:
    """Return how far a share of variance goes as an explanation."""
    steps = ((0.6, "mostly"), (0.3, "to a good part"), (0.1, "to a small part"))
    return next((word for least, word in steps if share >= least), "hardly at all")


def accounted(layer: LayerFacts, unit: int, guess: str) -> tuple[str, str]:
    """Say how far plain colour accounts for a unit, after what the blog guessed of its own."""
    own = layer.tuning[unit]
    shares = [each.colour for each in layer.tuning]
    best = max(range(len(shares)), key=shares.__getitem__)
    light, red, yellow = (signed(r) for r in own.r)
    return (
        f"The blog's feature #{unit + 1} is unit {unit} here, counted from 0; in a network trained anew it is another "
        f"feature, but the question stays. The blog said of its own: {guess}. We ask, position by position: how does "
        f"the unit's value go along with the mean colour of what it sees there (Pearson's r, CIELAB axes)? For "
        f"`{layer.name}:{unit}`: lightness {light}, green to red {red}, blue to yellow {yellow}.",
        f"{_tie(own)} The three together explain "
        f"{percent(own.colour)} of its variance: plain colour accounts for it {verdict(own.colour)}. In this layer "
        f"the most is {percent(shares[best])} (unit {best}), the median {percent(median(shares))}. With contrast, and "
        f"edges of four directions, it is {percent(own.visible)} of the unit; the rest is something that these cannot "
        "say, such as a pattern.",
    )


def _tie(own: Tuning) -> str:
    r = own.r[own.strongest]
    return f"Its strongest tie is to {side(own.strongest, r)}." if abs(r) >= WEAK else "None of these ties is strong."


WEAK = 0.2


def active_on(layer: LayerFacts, unit: int, scanned: int) -> str:
    """Say on how many pictures of the sample, of so many that were ``scanned``, a unit is active."""
    peaks = layer.peaks.value[:, unit]
    drawn = f" drawn from the {scanned:,}" if len(peaks) < scanned else ""
    return f"The unit is active on {counted(int((peaks > 0).sum()), 'picture')} of {len(peaks):,}{drawn}."


def silent(layer: LayerFacts, unit: int, scanned: int) -> str:
    """Say that a unit never answers."""
    return f"`{layer.name}:{unit}` is dead on these pictures: it is above zero in none of the {scanned:,}."
