"""What an atlas holds, as plain records. docs/atlas-format.md says how they lie in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
State = Mapping[str, Mapping[str, Array]]
"""The running state of a scan, {layer: {name: array}}; `phosphene.atlas.state` lists the arrays."""


@dataclass(frozen=True)
class LayerInfo:
    """A layer that was scanned; sizes are (H, W), strides and receptive fields in input pixels."""

    name: str
    kind: str
    units: int
    size: tuple[int, int]
    stride: tuple[float, float] | None = None
    receptive_field: tuple[int, int] | None = None


@dataclass(frozen=True)
class Options:
    """What the scan was asked to keep and how it computed; a scan goes on only with the same."""

    top: int = 16
    """Strongest images kept of each unit."""
    sample: int = 4096
    """Images on which the peaks of all units are kept, at most."""
    batch: int = 64
    precision: str = "float32"
    """``"float32"`` or ``"bf16"``."""
    positions: int = 16
    """Positions of an image at which correlations and the regression on visible features are sampled."""
    keep_images: bool = True
    """Whether thumbnails of the examples are inside."""


@dataclass(frozen=True)
class Manifest:
    """What was scanned, by what. ``created`` and ``versions`` are no part of the content."""

    network: str
    weights: str
    """SHA-256 of the network's weights, in hexadecimal."""
    preprocessing: str
    """The preprocessing in words; compared when a scan goes on."""
    input_size: tuple[int, ...]
    """(C, H, W)."""
    images: str
    """Name of the image set."""
    classes: tuple[str, ...]
    layers: tuple[LayerInfo, ...]
    options: Options = field(default_factory=Options)
    features: tuple[str, ...] = ()
    """Names of the plainly visible features that units are regressed on, such as ``"lightness"``."""
    total: int | None = None
    """Images in the set, broken ones included; None where that is not known before the end."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Software, such as ``{"phosphene": "0.1.0"}``."""
    created: str = ""
    """ISO 8601 time at which the scan began."""


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image that was scanned: its place in the order of the scan, stable name, and size in pixels."""

    index: int
    name: str
    label: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Shard:
    """The part of a scan that is committed at once: images ``first`` to ``end``, broken ones counted.

    ``state`` is that of the whole scan so far and replaces the former one. ``fingerprint`` is a running hash
    over everything up to ``end``; it is how a scan that goes on notices that images changed.
    """

    number: int
    first: int
    end: int
    fingerprint: str
    seconds: float
    images: list[ImageRow]
    failures: list[Failure]
    state: State


@dataclass(frozen=True, slots=True)
class Example:
    """An image a unit responds to: ``kind`` "top" with ranks from 0, or "quantile" with ranks 10, 50, 90.

    (y, x) is the position in the feature map; ``box`` is (x0, y0, x1, y1) in pixels of the source picture.
    """

    layer: str
    unit: int
    kind: str
    rank: int
    image: int
    value: float
    y: int
    x: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """Statistics of one unit over all finite values; ``positive`` is the fraction above zero, ``explained`` R²."""

    layer: str
    unit: int
    count: int
    nonfinite: int
    mean: float
    variance: float
    minimum: float
    maximum: float
    positive: float
    dead: bool
    best_class: str | None = None
    best_auc: float | None = None
    explained: float | None = None


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    """Pearson's correlation of two units of a layer; each pair is kept once."""

    layer: str
    unit: int
    other: int
    r: float


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A unit's mean peak over the images of a class, and the area under the ROC curve of that class."""

    layer: str
    unit: int
    label: str
    mean_peak: float
    auc: float


@dataclass(frozen=True, slots=True)
class VisibleRow:
    """A unit and one plainly visible feature: their correlation ``r``, and the feature's ``share`` of R².

    The shares of a unit sum to its ``explained`` (slope in standard deviations times r, after Pratt).
    """

    layer: str
    unit: int
    feature: str
    r: float
    share: float


@dataclass(frozen=True, slots=True)
class TrustRow:
    """The answer to one question about how far a unit's pictures can be trusted, as `phosphene.evidence` measures it.

    ``value`` is NaN where it could not be measured; ``low`` and ``high`` bound it, ``baseline`` is what it is worth
    for ``compared_with``, which has nothing to do with the unit; ``caution`` is empty where the figure is strong.
    """

    layer: str
    unit: int
    question: str
    value: float
    low: float | None
    high: float | None
    baseline: float | None
    compared_with: str
    sentence: str
    caution: str


@dataclass(frozen=True)
class DreamRow:
    """A picture that was made to drive a unit most, as `phosphene.dream` makes it; the picture lies beside it.

    ``rank`` counts a unit's from 0. ``activation`` is what was raised, ``flat`` the same on a picture of one colour;
    ``peak`` the largest value of the unit's map, ``ratio`` that over the peak of the strongest image of the scan,
    ``quantile`` the part of the scan's sample whose peak is lower. ``method`` says in words how it was made,
    ``options`` as JSON; ``sentence`` how far pictures of several seeds agree; ``caution`` is empty where they do.
    """

    layer: str
    unit: int
    rank: int
    seed: int
    activation: float
    peak: float
    flat: float
    ratio: float
    quantile: float
    method: str
    options: str
    sentence: str
    caution: str


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small copy of an image, encoded as WebP, longest side 224 pixels at most."""

    image: int
    webp: bytes


@dataclass(frozen=True)
class Progress:
    """How far a scan is: ``done`` = ``scanned`` + ``failed`` images of ``total``, if that is known."""

    done: int
    scanned: int
    failed: int
    total: int | None
    shards: int
    seconds: float
    complete: bool
