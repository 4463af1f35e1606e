"""`trust`: the cards of many units, kept in the atlas as rows that can be sorted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch

import phosphene
from phosphene.atlas.reading import Atlas, open_atlas
from phosphene.atlas.records import TrustRow
from phosphene.atlas.trusting import TrustWriter
from phosphene.atlas.unit import AtlasUnit
from phosphene.errors import UsageError
from phosphene.evidence.card import Card, cards
from phosphene.evidence.finding import Finding
from phosphene.evidence.pictures import ScannedPictures, image_set
from phosphene.network import Network
from phosphene.scan.identity import same_network

EXAMPLES = 4
"""Of each unit's strongest pictures so many are looked at: a row is a figure to sort by, a card is to be read."""
TOGETHER = 16
"""Units that are measured and committed at once."""


@dataclass(frozen=True)
class Measured:
    """Said after each few units."""

    done: int
    """Units that have rows, those of earlier runs counted."""
    total: int
    layer: str
    seconds: float
    """Since this run began."""


def trust(
    net: Network,
    path: str | Path,
    *,
    images: object = None,
    layers: Sequence[str] | None = None,
    units: int | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    again: bool = False,
    tell: Callable[[Measured], None] = lambda event: None,
) -> int:
    """Measure units of an atlas and keep what was found in it; stopped at any moment, it goes on where it was.

    Args:
        net: the network that was scanned.
        path: the atlas's file.
        images: the image set that was scanned, or what `images` takes; None for the atlas's own copies, if whole.
        layers: names or patterns (``layer*.relu*``); None: all that were scanned.
        units: measure so many of each layer, drawn by the seed; None: all. More can be asked for later.
        examples: how many of each unit's strongest pictures are looked at.
        seed: of every random draw.
        again: drop the rows of earlier runs first.
        tell: hears of the progress.

    Returns:
        How many units were measured in this run.

    Raises:
        UsageError: another network than was scanned, no such layer, pictures that cannot be had, or rows that were
            measured with other options.
    """
    if examples < 1 or (units is not None and units < 1):
        raise UsageError("at least one picture of at least one unit is measured; leave --examples and --units out")
    started = time.monotonic()
    with open_atlas(path) as atlas:
        same_network(net, atlas.manifest)
        pictures = ScannedPictures(atlas, image_set(images))
        wanted = [part for layer in _chosen(atlas, layers) for part in _parts(atlas, layer, units, seed)]
        with TrustWriter.open(path, _about(examples, seed), again) as writer:
            before = writer.measured
            total, new = sum(map(len, wanted)), 0
            done = sum(_key(unit) in before for part in wanted for unit in part)
            for part in wanted:
                missing = [unit for unit in part if _key(unit) not in before]
                if missing:
                    found = cards(net, pictures, missing, examples=examples, seed=seed)
                    writer.add(row for unit, card in zip(missing, found, strict=True) for row in rows(unit, card))
                    new, done = new + len(missing), done + len(missing)
                    tell(Measured(done, total, missing[0].layer.name, time.monotonic() - started))
    return new


def keep(path: str | Path, measured: Sequence[tuple[AtlasUnit, Card]], examples: int, seed: int) -> None:
    """Keep cards in an atlas that were measured on so many ``examples``; `trust` goes on from there.

    Raises:
        PhospheneError: rows that are there were measured with other options, or the file cannot be written.
    """
    with TrustWriter.open(path, _about(examples, seed)) as writer:
        writer.add(row for unit, card in measured for row in rows(unit, card))


def _about(examples: int, seed: int) -> str:
    versions = {"phosphene": phosphene.__version__, "torch": torch.__version__}
    return json.dumps({"--examples": examples, "--seed": seed, "versions": versions})


def rows(unit: AtlasUnit, card: Card) -> Iterator[TrustRow]:
    """Return a card as rows of an atlas."""
    return (_row(unit, finding) for finding in card.findings)


def _row(unit: AtlasUnit, finding: Finding) -> TrustRow:
    return TrustRow(
        layer=unit.layer.name,
        unit=unit.index,
        question=finding.question,
        value=finding.value,
        low=finding.interval.low if finding.interval else None,
        high=finding.interval.high if finding.interval else None,
        baseline=finding.baseline,
        compared_with=finding.compared_with,
        sentence=finding.sentence,
        caution=finding.caution,
    )


def _key(unit: AtlasUnit) -> tuple[str, int]:
    return unit.layer.name, unit.index


def _chosen(atlas: Atlas, patterns: Sequence[str] | None) -> list[str]:
    names = [layer.name for layer in atlas.layers]
    if patterns is None:
        return names
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            atlas.layer(pattern)  # says which there are
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _parts(atlas: Atlas, layer: str, most: int | None, seed: int) -> list[list[AtlasUnit]]:
    """Return the units of a layer that are asked for, a few at a time; fewer units are among more."""
    drawn = np.random.default_rng(seed).permutation(atlas.layer(layer).units)[:most]
    units = [atlas.unit(layer, int(index)) for index in sorted(drawn)]
    return [units[first : first + TOGETHER] for first in range(0, len(units), TOGETHER)]
