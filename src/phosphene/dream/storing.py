"""Dreams into the atlas that they were compared with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from phosphene.atlas.dreamed import DREAMS
from phosphene.atlas.dreaming import DreamWriter, Pictured
from phosphene.atlas.manifest import as_json
from phosphene.atlas.records import DreamRow
from phosphene.atlas.thumbnails import LARGEST_SIDE
from phosphene.dream.sheet import drawn
from phosphene.errors import UsageError

if TYPE_CHECKING:
    from phosphene.dream.beside import Beside
    from phosphene.dream.result import Dream


def store(dream: Dream) -> Path:
    """Keep the pictures of a dream in its atlas, in place of those that the unit had there; return the atlas's file.

    Raises:
        UsageError: it was made without an atlas, nothing moved the unit, there are more than 100 pictures or they have
            more than 1,024 pixels to a side, or the file is by now an atlas of another network.
        PhospheneError: the file cannot be written.
    """
    beside, unit = dream.beside, dream.objective.unit
    if beside is None or unit is None:
        raise UsageError("a dream is kept in the atlas of its network; make it with one: atlas=, or --atlas FILE")
    if dream.silent:
        raise UsageError(f"nothing that was tried moves {dream.name}, so there is no picture to keep")
    pictures = list(_pictures(dream, beside))
    _check(pictures)
    with DreamWriter.open(beside.file) as writer:
        if writer.manifest.weights != beside.weights:
            raise UsageError(f"{str(beside.file)!r} is by now the atlas of another network; make the dream anew")
        writer.store(unit.layer, unit.index or 0, pictures)
    return beside.file


def _check(pictures: list[Pictured]) -> None:
    if len(pictures) > DREAMS:
        raise UsageError(f"an atlas keeps {DREAMS} pictures of a unit, not {len(pictures)}; take fewer seeds")
    side = max(side for _, picture in pictures for side in picture.size)
    if side > LARGEST_SIDE:
        raise UsageError(f"an atlas keeps pictures of up to {LARGEST_SIDE:,} pixels a side, not of {side:,}")


def _pictures(dream: Dream, beside: Beside) -> Iterator[Pictured]:
    seeds, count = dream.activation.shape
    for rank, place in enumerate((seed, index) for seed in range(seeds) for index in range(count)):
        yield _row(dream, beside, rank, place), drawn(dream, *place)[0]


def _row(dream: Dream, beside: Beside, rank: int, place: tuple[int, int]) -> DreamRow:
    assert dream.objective.unit is not None
    return DreamRow(
        layer=dream.objective.unit.layer,
        unit=dream.objective.unit.index or 0,
        rank=rank,
        seed=dream.seeds[place[0]],
        activation=float(dream.activation[place]),
        peak=float(dream.peak[place]),
        flat=dream.flat,
        ratio=float(beside.ratio[place]),
        quantile=float(beside.quantile[place]),
        method=f"{dream.options['method']}, {dream.options['steps']} steps, of {dream.name}",
        options=as_json(dict(dream.options)),
        sentence=dream.agreement.sentence,
        caution=dream.caution,
    )
