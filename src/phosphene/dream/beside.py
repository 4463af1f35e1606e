"""What a picture does to its unit, beside what photographs do: the strongest of an atlas, and all of its sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.dream.objective import Objective
from phosphene.errors import UsageError
from phosphene.network import Network, Unit
from phosphene.scan.identity import same_network


@dataclass(frozen=True)
class Beside:
    """Peaks of pictures beside those of the images that were scanned.

    Attributes:
        strongest: the peak of the strongest image of the atlas; NaN where no image has one.
        ratio: (seeds, count) each picture's peak over that; NaN where it is not above nought.
        quantile: (seeds, count) the part of the atlas's sample of images whose peak is lower.
        images: how many images were scanned.
        file: of the atlas.
        weights: SHA-256 of the network's weights, there and here.
    """

    strongest: float
    ratio: Tensor
    quantile: Tensor
    images: int
    file: Path
    weights: str

    def told(self) -> dict[str, object]:
        """Return the figures as plain numbers, lists by seed and picture."""
        lists = {"ratio": self.ratio.tolist(), "quantile": self.quantile.tolist()}
        return {"strongest": self.strongest, "images": self.images, **lists}

    @property
    def sentence(self) -> str:
        """The figures in words."""
        if self.strongest != self.strongest:
            return f"Of {self.images:,} scanned images none has a peak to compare with."
        best = int(self.quantile.flatten().nan_to_num(-1).argmax())
        quantile, ratio = float(self.quantile.flatten()[best]), float(self.ratio.flatten()[best])
        above = f"above {quantile:.0%} of the scanned images"
        times = f", {ratio:.1f} times that of the strongest" if ratio == ratio else ""
        return f"Its peak is {above}{times} ({self.images:,} images)."


def check_atlas(net: Network, atlas: Atlas, objective: Objective) -> None:
    """Raise `UsageError` if an atlas is of another network, or holds nothing of what is raised."""
    same_network(net, atlas.manifest)
    if objective.unit is None:
        raise UsageError(f"an atlas tells of single units, not of {objective.name}; leave it out")
    atlas.unit(objective.unit.layer, objective.unit.index or 0)


def beside(atlas: Atlas, unit: Unit, peaks: Tensor) -> Beside:
    """Compare ``peaks`` (seeds, count) of a unit with what an atlas holds of it."""
    found = atlas.unit(unit.layer, unit.index or 0)
    strongest = found.examples[0].value if found.examples else float("nan")
    there = torch.from_numpy(atlas.array(unit.layer, "sample_image").copy()) >= 0
    sample = torch.from_numpy(atlas.array(unit.layer, "sample_peak")[:, found.index].copy())[there]
    sample = sample[sample.isfinite()]
    quantile = (sample < peaks[..., None]).double().mean(-1)
    ratio = peaks.double() / strongest if strongest > 0 else torch.full_like(peaks, torch.nan)
    return Beside(strongest, ratio, quantile, atlas.progress.scanned, atlas.path, atlas.manifest.weights)
