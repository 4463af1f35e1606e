"""Does the picture depend on what was learned? The same signal is sent back through weights drawn anew.

Adebayo et al., "Sanity checks for saliency maps" (2018): weights are re-drawn layer by layer from the top, and a
picture that stays the same does not show them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import Compared, dead, mean, nothing, two
from phosphene.evidence.phrases import counted
from phosphene.evidence.redrawn import Redraw, redrawn, weighted_layers
from phosphene.evidence.sights import Sights, send
from phosphene.evidence.similarity import cosine, ssim
from phosphene.network import Unit
from phosphene.project.rules import Way

DRAWS = 3
STEPS = 6  # points of the curve, at most
SURVIVES = 0.5  # a similarity that is left with all weights re-drawn, above which little was learned
HARDLY = 0.7  # a similarity above which re-drawing one layer has hardly changed the picture


@dataclass(frozen=True)
class Learned:
    """A unit's pictures with more and more of the network re-drawn, from its own layer down to the input.

    Attributes:
        unit: the unit.
        way: how pictures were made.
        how: how weights were drawn.
        value: (N,) the unit's activation; NaN where it is not active.
        layers: (S,) the lowest layer that is re-drawn at each step; that one and all above it are.
        cosine: (S, N) similarity to the picture of the trained network, mean over the draws; a picture that has
            become empty is not like it at all (0). NaN where the unit is not active.
        ssim: (S, N) the same by structural similarity.
        others: (N,) cosine of the trained network's pictures of this unit and of other units at the same place.
    """

    unit: Unit
    way: Way
    how: Redraw
    value: Floats
    layers: tuple[str, ...]
    cosine: Floats
    ssim: Floats
    others: Floats

    @property
    def finding(self) -> Finding:
        """The similarity that is left with all weights up to the unit re-drawn."""
        return _finding(self)


def learned(
    sights: Sights, way: Way | None = None, how: Redraw = "permuted", draws: int = DRAWS, steps: int = STEPS
) -> tuple[Learned, ...]:
    """Compare each unit's pictures with those of a copy of the model whose weights are re-drawn from the top.

    Args:
        sights: the units at their strongest places.
        way: how pictures are made; deconvnet with switches if there is none.
        how: see `phosphene.evidence.redrawn.redrawn`.
        draws: how often the cascade is drawn.
        steps: points of the curve; with more layers than that, some are passed over, never the first and the last.
    """
    way = way or Way()
    from_top = weighted_layers(sights.net, sights.layer.name, sights.crops[:1])[::-1]
    stops = sorted({round(at) for at in np.linspace(0, len(from_top) - 1, min(steps, len(from_top)))})
    generator = sights.generator()
    curves = [_cascade(sights, way, how, from_top, stops, generator) for _ in range(draws)]
    empty = (sights.pictures(way).own == 0).flatten(1).all(1)
    alike = torch.stack(curves).mean(0).masked_fill(empty, torch.nan)  # (2, S, P)
    cosines, ssims = ([sights.by_unit(step).numpy() for step in kind] for kind in alike)
    others = sights.by_unit(_others(sights, way)).numpy()
    value = sights.by_unit(sights.value).numpy()
    return tuple(
        Learned(
            unit, way, how, value[u], tuple(from_top[stop] for stop in stops), _steps(cosines, u, sights.count),
            _steps(ssims, u, sights.count), others[u],
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def _steps(values: list[Floats], unit: int, count: int) -> Floats:
    return np.stack([step[unit] for step in values]) if values else np.empty((0, count))


def _cascade(
    sights: Sights, way: Way, how: Redraw, from_top: list[str], stops: list[int], generator: torch.Generator
) -> torch.Tensor:
    """Re-draw layer after layer; returns cosine and structural similarity at each stop, (2, S, P)."""
    trained = sights.pictures(way).own
    model = copy.deepcopy(sights.net.model)
    drawn = sights.with_model(model)
    signal = sights.vectors(sights.channel, sights.value)
    found = []
    for number, name in enumerate(from_top):
        redrawn(model, name, how, generator)
        if number in stops:
            sent = send(drawn.net, sights.layer.name, sights.crops, signal, sights.frames.place, way)
            found.append(torch.stack([cosine(trained, sent), ssim(trained, sent, sights.frames.field)]).nan_to_num())
    return torch.stack(found, 1) if found else trained.new_zeros(2, 0, len(trained))


def _others(sights: Sights, way: Way) -> torch.Tensor:
    sent = sights.pictures(way)
    many = sent.others.shape[1]
    alike = cosine(sent.own.repeat_interleave(many, 0), sent.others.flatten(0, 1))
    return alike.reshape(-1, many).nanmean(1)


# -- in words ----------------------------------------------------------------------------------------------------

_HOW = {"permuted": "the same numbers shuffled", "noise": "noise of the same mean and spread"}


def _finding(found: Learned) -> Finding:
    question = "learned"
    if not np.isfinite(found.value).any():
        return dead(question, found.unit, len(found.value))
    if not found.layers:
        return nothing(question, f"No layer up to {found.unit} has weights.", "nothing to re-draw")
    if not np.isfinite(found.cosine).any():
        sentence = f"The {found.way.rule} picture of {found.unit} is empty, so there is nothing to compare."
        return nothing(question, sentence, "its picture is empty")
    all_drawn = found.cosine[-1]
    what = "pictures of other units in the trained network"
    compared = Compared(all_drawn, found.others, what)
    first = f", with {found.layers[0]} alone {two(mean(found.cosine[0]))}" if len(found.layers) > 1 else ""
    sentence = (
        f"With every weight up to {found.unit} re-drawn ({_HOW[found.how]}), its {found.way.rule} picture keeps a "
        f"similarity of {two(mean(all_drawn))} to the trained one{first}; {what} have {two(mean(found.others))} "
        f"({counted(len(all_drawn), 'picture')})."
    )
    return compared.finding(question, sentence, _doubt(found))


def _doubt(found: Learned) -> str:
    if mean(found.cosine[-1]) > SURVIVES:
        return "the picture survives random weights: it hardly shows what was learned"
    if mean(found.cosine[0]) > HARDLY:
        return f"re-drawing {found.layers[0]} hardly changes it: the picture shows the layers below"
    return ""
