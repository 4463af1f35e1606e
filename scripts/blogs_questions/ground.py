"""What all questions about `cifar` are asked of: the network, its atlas, the pictures; and how figures are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.atlas.unit import AtlasUnit
from phosphene.draw.figure import Figure
from phosphene.evidence.explained import Cause, Explained, explained
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.pictures import ScannedPictures
from phosphene.files import writing
from phosphene.network import Network
from phosphene.sources.images import ImageSet

LAYERS = ("relu1", "relu2")
BLIND = 2000
"""Pictures of the scan's sample, which were chosen without looking at them, that are shown to the network again."""


@dataclass(frozen=True)
class Ground:
    """The network, its scan, the pictures that were scanned, and the folder that drawings go to."""

    net: Network
    atlas: Atlas
    images: ImageSet
    out: Path

    @cached_property
    def blind(self) -> Tensor:
        """Some pictures of the sample, (N, 3, H, W) as the network takes them."""
        pictures = ScannedPictures(self.atlas, self.images)
        return pictures.inputs(self.net, pictures.blind(LAYERS[0], BLIND))

    def units(self, layer: str) -> list[AtlasUnit]:
        """All units of a layer."""
        return [self.unit(f"{layer}:{index}") for index in range(self.atlas.layer(layer).units)]

    def unit(self, address: str) -> AtlasUnit:
        """One unit."""
        found = self.atlas[address]
        assert isinstance(found, AtlasUnit)
        return found

    def explained(self, unit: AtlasUnit) -> Explained:
        """What is plainly visible explains of a unit, with intervals."""
        return explained(self.atlas, [unit], self.net, self.blind)[0]

    def save(self, figure: Figure, name: str) -> None:
        """Write a drawing."""
        with writing(self.out / f"{name}.png") as beside:
            beside.write_bytes(figure.encoded(".png"))


def part(found: Explained, feature: str) -> Cause:
    """Return what one visible feature explains."""
    return next(cause for cause in found.causes if cause.feature == feature)


def said(finding: Finding) -> str:
    """Return a finding as a line: its sentence, its figures, its caution."""
    around = f" [{finding.question}: {finding.value:.3f}{span(finding.interval)}"
    base = "" if finding.baseline is None else f"; {finding.compared_with}: {finding.baseline:.3f}"
    caution = f" Caution: {finding.caution}." if finding.caution else ""
    return f"- {finding.sentence}{around}{base}]{caution}"


def span(interval: Interval | None) -> str:
    """Return an interval in words."""
    return "" if interval is None else f", {interval.low:.3f} to {interval.high:.3f}"


def row(cells: Sequence[object]) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(map(str, cells))} |"
