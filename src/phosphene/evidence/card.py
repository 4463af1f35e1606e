"""A unit's trust card: the answers to all questions, measured on one choice of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor

from phosphene.atlas.unit import AtlasUnit
from phosphene.errors import UsageError
from phosphene.evidence.ablation import Ablation, ablation
from phosphene.evidence.box import Box, Boxed, box
from phosphene.evidence.classes import Classes, classes
from phosphene.evidence.explained import Explained, explained
from phosphene.evidence.finding import Finding
from phosphene.evidence.halves import Halves, halves
from phosphene.evidence.learned import Learned, learned
from phosphene.evidence.occlusion import Occlusion, occlusion
from phosphene.evidence.patch import Patch, patch
from phosphene.evidence.pictures import ScannedPictures
from phosphene.evidence.recall import Recall, recall
from phosphene.evidence.redundancy import Redundancy, redundancy
from phosphene.evidence.several import Several, company, patterns
from phosphene.evidence.sights import Sights, sight
from phosphene.evidence.specificity import Specificity, specificity
from phosphene.evidence.tuned import Tuning
from phosphene.evidence.tuning import tuning
from phosphene.network import Network, Unit

PATTERNS = 9
"""Examples from which on clusters among their projections are looked for."""


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        examples: of each unit's strongest pictures so many are looked at.
        blind: pictures of the scan's sample on which units are held, and which tell how much pictures differ.
        across: squares to a side of what a unit sees that are hidden one by one.
        draws: how often weights are drawn anew.
        others: units that are held for comparison.
    """

    examples: int = PATTERNS
    blind: int = 128
    across: int = 8
    draws: int = 3
    others: int = 8

    @classmethod
    def fitting(cls, net: Network) -> Effort:
        """Return what takes a few seconds: less for networks that take large pictures."""
        return cls() if max(net.input_size[1:]) <= LARGE else cls(4, 24, 6, 1, 3)


LARGE = 100
"""Pixels to a side of a network's input, above which less is measured."""


@dataclass(frozen=True)
class Card:
    """What is known of one unit, and how far its pictures can be trusted; in a notebook it shows itself.

    Attributes:
        unit: its address.
        measured: in words, what all this was measured on.
    """

    unit: str
    measured: str
    explained: Explained
    tuning: Tuning
    classes: Classes
    redundancy: Redundancy
    company: Several
    halves: Halves
    patterns: Several | None
    occlusion: Occlusion
    patch: Patch
    specificity: Specificity
    learned: Learned
    recall: Recall
    ablation: Ablation
    boxed: Boxed | None = None

    @property
    def sections(self) -> dict[str, tuple[Finding, ...]]:
        """All findings under their headings."""
        return {
            "What it responds to": (self.explained.finding, *self.tuning.findings, *self.classes.findings),
            "Is it one thing, and is it the only one": (
                self.company.finding,
                *((self.patterns.finding,) if self.patterns else ()),
                self.halves.finding,
                self.redundancy.finding,
            ),
            "Which pixels drive it": (
                *((self.boxed.finding,) if self.boxed else ()),
                *self.patch.findings,
                *self.occlusion.findings,
            ),
            "Do its pictures tell": (*self.specificity.findings, self.learned.finding, self.recall.finding),
            "Does it matter": self.ablation.findings,
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the sections."""
        return tuple(finding for section in self.sections.values() for finding in section)

    @property
    def told(self) -> dict[str, list[Finding]]:
        """The findings as they are read: what several ways of sending back agree on once."""
        return {heading: _distinct(findings) for heading, findings in self.sections.items()}

    def __str__(self) -> str:
        lines = [f"{self.unit} · {self.measured}"]
        for heading, findings in self.told.items():
            lines += ["", heading, *(line for finding in findings for line in _lines(finding))]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(
            f"<h4>{escape(heading)}</h4><ul>{''.join(map(_item, findings))}</ul>"
            for heading, findings in self.told.items()
        )
        return f"<div><h3>{escape(self.unit)}</h3><p>{escape(self.measured)}</p>{body}</div>"


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out figures of further ways of sending back that are those of the first: without pooling they agree."""
    found: dict[object, Finding] = {}
    for finding in findings:
        alike = finding.question.startswith("occlusion")
        found.setdefault(f"{finding.value} {finding.baseline}" if alike else finding.question, finding)
    return list(found.values())


def _lines(finding: Finding) -> list[str]:
    return [f"  {finding.sentence}", *([f"    caution: {finding.caution}"] if finding.caution else [])]


def _item(finding: Finding) -> str:
    caution = f" <em>Caution: {escape(finding.caution)}</em>" if finding.caution else ""
    return f"<li>{escape(finding.sentence)}{caution}</li>"


def cards(
    net: Network,
    pictures: ScannedPictures,
    units: Sequence[AtlasUnit],
    inputs: Tensor | None = None,
    where: Box | None = None,
    examples: int | None = None,
    seed: int = 0,
) -> tuple[Card, ...]:
    """Measure cards of units of one layer; they share all work that can be shared.

    Args:
        net: the network that was scanned.
        pictures: of the scan.
        units: of one layer.
        inputs: (N, C, H, W) pictures to look at instead of each unit's strongest, as the network takes them.
        where: a box in the one picture of ``inputs``, in input pixels: is it the box or its surroundings?
        examples: how many of each unit's strongest pictures are looked at; None: see `Effort`.
        seed: of every random draw.

    Raises:
        UsageError: units of several layers, or pictures that cannot be had.
    """
    if len({unit.layer.name for unit in units}) != 1:
        raise UsageError("cards are measured for units of one layer at a time")
    atlas, layer = pictures.atlas, units[0].layer.name
    effort = Effort.fitting(net)
    blind = pictures.blind(layer, effort.blind)
    shown = _strongest(net, pictures, units, blind, examples or effort.examples) if inputs is None else inputs
    addresses = [Unit(layer, unit.index) for unit in units]
    sights = sight(net, addresses, shown, seed)
    sample = pictures.inputs(net, blind) if blind else shown.flatten(0, -4)
    labels = _labels(net, pictures, blind) if blind else None
    several = shown.shape[-4] >= PATTERNS
    answers = zip(
        explained(atlas, units, net, sample if blind else None, seed=seed),
        tuning(net, addresses, [unit.stats.maximum for unit in units]),
        classes(atlas, units, seed=seed),
        redundancy(atlas, units),
        company(atlas, units, seed=seed),
        halves(atlas, units, seed=seed),
        _patterns(net, sights, seed) if several else [None] * len(units),
        occlusion(sights, effort.across),
        patch(sights),
        specificity(sights),
        learned(sights, draws=effort.draws),
        recall(sights),
        ablation(net, addresses, sample, labels, effort.others, seed),
        box(sights, where) if where else [None] * len(units),
        strict=True,
    )
    said = _measured(pictures, shown, sample, own=inputs is None)
    return tuple(Card(str(unit), said, *answer) for unit, answer in zip(units, answers, strict=True))


def _strongest(
    net: Network, pictures: ScannedPictures, units: Sequence[AtlasUnit], blind: list[int], examples: int
) -> Tensor:
    """Return the strongest pictures of each unit, (U, N, C, H, W), filled up from the sample where there are fewer."""
    numbers = [[example.image for example in unit.examples[:examples]] for unit in units]
    count = max(1, max(map(len, numbers)))
    full = [(own + [number for number in blind if number not in own])[:count] for own in numbers]
    if min(map(len, full)) < count:
        raise UsageError("the atlas does not hold enough pictures; give the images that were scanned (--images)")
    needed = sorted({number for own in full for number in own})
    inputs = pictures.inputs(net, needed)
    place = {number: index for index, number in enumerate(needed)}
    return inputs[torch.tensor([[place[number] for number in own] for own in full])]


def _labels(net: Network, pictures: ScannedPictures, numbers: Sequence[int]) -> Tensor:
    """Return the pictures' classes as numbers of the network's scores; -1 where the network has no such class."""
    known = {name: index for index, name in enumerate(net.classes or ())}
    labels = (pictures.atlas.images[number].label for number in numbers)
    return torch.tensor([-1 if label is None else known.get(label, -1) for label in labels])


def _patterns(net: Network, sights: Sights, seed: int) -> list[Several]:
    each = sights.images[sights.row].unflatten(0, (len(sights.units), sights.count))  # type: ignore[no-untyped-call]
    return [patterns(net, unit, own, seed=seed) for unit, own in zip(sights.units, each, strict=True)]


def _measured(pictures: ScannedPictures, shown: Tensor, sample: Tensor, own: bool) -> str:
    manifest = pictures.atlas.manifest
    count = shown.shape[-4]
    which = f"its {count} strongest pictures" if own else f"{count} given picture{'s' if count != 1 else ''}"
    scanned = f"{pictures.atlas.progress.scanned:,} pictures of {manifest.images}"
    return f"{manifest.network} over {scanned}; pixels: {which}; held over {len(sample)} pictures"
