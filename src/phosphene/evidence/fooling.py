"""Is the picture that drives a unit most of the kind that drives it in nature?

A unit can be built so that the picture made to drive it most shows nothing of what drives it in photographs (Geirhos et
al., "Don't trust your eyes: on the (un)reliability of feature visualizations", 2023). What the unit takes from the made
picture is then unlike what it takes from its natural examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.evidence.finding import Finding
from phosphene.evidence.measured import Compared, dead, mean, nothing, two
from phosphene.evidence.phrases import counted
from phosphene.evidence.sights import Sights, sight
from phosphene.evidence.similarity import cosine
from phosphene.network import Unit
from phosphene.project.rules import Way

APART = 0.2  # by how much likenesses differ before it is worth a word


@dataclass(frozen=True)
class Fooling:
    """How alike a unit's projections are, each laid with its strongest place in the middle: cosines.

    Attributes:
        unit: the unit.
        value: its activation in the made picture; NaN where it is not active there.
        natural_value: (N,) its activations in its natural examples.
        made: (N,) between the projection in the made picture and that in each natural example.
        natural: (N,) between each natural example and the others, the mean.
    """

    unit: Unit
    value: float
    natural_value: Floats
    made: Floats
    natural: Floats

    @property
    def finding(self) -> Finding:
        """The likeness of the made picture to the natural examples."""
        return _finding(self)


def fooling(sights: Sights, made: Tensor, way: Way | None = None) -> tuple[Fooling, ...]:
    """Compare each unit's natural examples with a picture made to drive it.

    ``made`` (U, C, H, W) holds those pictures, as the model's own inputs.
    """
    way = way or Way()
    own = sight(sights.net, sights.units, made[:, None], sights.seed)
    natural = _laid(sights, way).reshape(len(sights.units), sights.count, -1)
    fed = _laid(own, way)
    values = sights.by_unit(sights.value).numpy()
    return tuple(
        Fooling(
            unit, float(own.by_unit(own.value)[u, 0]), values[u], *(
                np.where(np.isfinite(values[u]), alike, np.nan) for alike in _compared(natural[u], fed[u])
            ),
        )
        for u, unit in enumerate(sights.units)
    )  # fmt: skip


def _compared(natural: Tensor, made: Tensor) -> tuple[Floats, Floats]:
    count = len(natural)
    pairs = cosine(natural.repeat_interleave(count, 0), natural.repeat(count, 1)).reshape(count, count)
    among = pairs.fill_diagonal_(torch.nan).nanmean(1)
    return cosine(natural, made.flatten().expand(count, -1)).cpu().numpy(), among.cpu().numpy()


def _laid(sights: Sights, way: Way) -> Tensor:
    """Return the sights' own pictures, cut to fields that are not cut to the picture: (P, C * h * w)."""
    own, view = sights.pictures(way).own, sights.layer.view
    if view is None:
        return own.flatten(1)
    framed = own.new_zeros(len(own), own.shape[1], view.rows.size, view.columns.size)
    start = sights.frames.start.tolist()
    for index, ((y, x), (top, left)) in enumerate(zip(sights.place.tolist(), start, strict=True)):
        down, across = view.rows.at(y)[0] - top, view.columns.at(x)[0] - left
        part = own[index, :, max(down, 0) : down + view.rows.size, max(across, 0) : across + view.columns.size]
        begin = max(-down, 0), max(-across, 0)
        framed[index, :, begin[0] : begin[0] + part.shape[1], begin[1] : begin[1] + part.shape[2]] = part
    return framed.flatten(1)


# -- in words ----------------------------------------------------------------------------------------------------


def _finding(found: Fooling) -> Finding:
    question = "fooling"
    if not np.isfinite(found.natural_value).any():
        return dead(question, found.unit, len(found.natural_value))
    if not np.isfinite(found.made).any():
        sentence = f"The made picture does not drive {found.unit}, or shows nothing of it when it is sent back."
        return nothing(question, sentence, "nothing to compare")
    compared = Compared(found.made, found.natural, "its natural examples among themselves")
    sentence = (
        f"What {found.unit} takes from the picture made to drive it has a likeness of {two(mean(found.made))} to what "
        f"it takes from {counted(len(found.made), 'natural example')}; those among themselves have "
        f"{two(mean(found.natural))}. It reaches {found.value:.3g} there, {mean(found.natural_value):.3g} in nature."
    )
    unlike = compared.is_below and mean(found.natural) - mean(found.made) > APART
    doubt = "the made picture shows something else than what drives the unit in nature" if unlike else ""
    return compared.finding(question, sentence, doubt)
