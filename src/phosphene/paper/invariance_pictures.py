"""`invariance`: how far features and answer move when a picture is moved, enlarged, turned (paper, figure 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.draw.plots import Plot
from phosphene.errors import PhospheneError, UsageError
from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.measured import mean
from phosphene.network import Network
from phosphene.paper.analysis import Analysis
from phosphene.paper.answers import TrueClass, probabilities, run_whole, true_class
from phosphene.paper.invariance_changes import PAPERS, Change, Wide, changes, widened
from phosphene.paper.invariance_figure import rows_plot
from phosphene.paper.invariance_words import said
from phosphene.sources.images import ImageSet
from phosphene.sources.images import images as open_images
from phosphene.sources.picture import Picture

AT_ONCE = 2**19
"""Values of input in one forward pass; more leaves the processor's cache."""
PICTURES = 32
"""Pictures that are looked at, at most."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What one change does to N pictures, by V degrees.

    Attributes:
        change: its name and degrees.
        distance: by layer, (N, V): |f(x) - f(x')| / |f(x)|, f the layer's values as one vector.
        probability: (N, V) of each picture's true class.
        made_up: (N, V) share of the changed picture that lies beyond the picture's end, mirrored.
        shown: (3, C, H, W) the first picture, changed by the first, the middle and the last degree.
    """

    change: Change
    distance: Mapping[str, Floats]
    probability: Floats
    made_up: Floats
    shown: Tensor

    def averaged(self, values: Floats) -> tuple[Floats, list[Interval | None]]:
        """Return the mean over pictures of ``values`` (N, V) by degree, and its interval."""
        columns = list(values.T)
        return np.array([mean(column) for column in columns]), [mean_interval(column) for column in columns]


@dataclass(frozen=True, eq=False, repr=False)
class Invariance(Analysis):
    """The curves of every change.

    Attributes:
        network: its name.
        pictures: their names.
        labels: the true class of each.
        layers: whose features are compared.
        curves: one for each change.
        between: by layer, the mean distance |f(x) - f(y)| / |f(x)| of different pictures; NaN for a single picture.
    """

    network: str
    pictures: tuple[str, ...]
    labels: tuple[TrueClass, ...]
    layers: tuple[str, ...]
    curves: tuple[Curve, ...]
    between: Mapping[str, float]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """For each change, how far the features of each layer move, and what becomes of the probability."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Every figure, by picture, and the means with their intervals."""
        return {
            "network": self.network,
            "pictures": self.pictures,
            "true_classes": self.labels,
            "between_pictures": dict(self.between),
            "changes": [_numbers(curve) for curve in self.curves],
        }

    def figure(self) -> Plot:
        """Draw a row for each change: examples, the distance in each layer, the probability."""
        return rows_plot(self)


def invariance(
    net: Network,
    images: object,
    *,
    changed: Sequence[str] = PAPERS,
    layers: Sequence[str] | None = None,
    labels: Sequence[str | int] | None = None,
    limit: int = PICTURES,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Invariance:
    """Compare the features of pictures with those of the same pictures moved, enlarged, turned ...

    The paper's figure 5: Euclidean distance between the feature vectors of the original and the changed picture in the
    first layer and in the last one before the classes, and the probability of the true class. Distances are divided by
    the length of the original's feature vector. Changes, over the paper's ranges for ``translation`` (-60 to 60 of 224
    pixels), ``scale`` (1 to 1.8) and ``rotation`` (0 to 350 degrees); ``brightness`` adds -0.4 to 0.4, ``contrast``
    multiplies by 0.2 to 1.8 about the picture's mean (both cut to 0..1), ``blur`` is Gaussian with a deviation of 0 to
    8 of 224 pixels. How borders are treated, so that it is not padding that is measured: see
    `phosphene.paper.invariance_changes.Change.made`; `Curve.made_up` says how much of a picture was made up.

    Args:
        net: the network.
        images: what `phosphene.images` takes, a PIL picture, a list of those, or inputs (N, C, H, W).
        changed: names of changes.
        layers: whose features are compared; None: the first layer after its non-linearity, and the last hidden one.
        labels: the true class of each picture; None: what its folder or file is called, or the most probable class.
        limit: look at so many pictures at most, the first ones.
        tell: hears how many changed pictures of how many are done.

    Raises:
        UsageError: no such change, layer or class; another number of labels than of pictures.
        PhospheneError: no picture can be read.
    """
    listed = list(islice(_pictures(images), limit))
    if not listed:
        raise PhospheneError("no picture can be read; give another folder or file")
    if labels is not None and len(labels) != len(listed):
        raise UsageError(f"there are {len(labels)} labels for {len(listed)} pictures; give one for each")
    wides = [widened(net, image) for image, _ in listed]
    kinds = changes(tuple(changed), wides[0].size)
    outputs = probabilities(net.scores(net.scale.to_inputs(torch.stack([wide.seen for wide in wides]))))
    for name in layers or ():
        net.layer(name)
    names = tuple(layers) if layers else _first_and_last(net, outputs.shape[1])
    truths = tuple(
        true_class(net, None if labels is None else labels[n], picture, int(outputs[n].argmax()), outputs.shape[1])
        for n, (_, picture) in enumerate(listed)
    )
    measured = _Measured(net, names, wides, truths, tell, len(wides) * sum(len(kind.degrees) for kind in kinds))
    curves = tuple(measured.curve(kind) for kind in kinds)
    called = tuple(picture.id if picture else f"picture {n}" for n, (_, picture) in enumerate(listed))
    return Invariance(net.name, called, truths, names, curves, measured.between())


def _pictures(images: object) -> Iterator[tuple[object, Picture | None]]:
    """Yield pictures, decoded, and where they came from if that is known."""
    if isinstance(images, Tensor):
        yield from ((one, None) for one in images)
    elif isinstance(images, Image.Image):
        yield images, None
    elif isinstance(images, Picture):
        yield images.open(), images
    elif isinstance(images, Sequence) and not isinstance(images, str) and not isinstance(images, ImageSet):
        for one in images:
            yield from _pictures(one)
    else:
        yield from ((opened, picture) for picture, opened in open_images(images).readable())  # type: ignore[arg-type]


def _first_and_last(net: Network, outputs: int) -> tuple[str, str]:
    """Return the first rectified layer, or the first one at all, and the last one that is not the classes'."""
    layers = net.layers()
    first = next((layer.name for layer in layers if "lu" in layer.kind), layers[0].name)
    last = next((layer.name for layer in reversed(layers) if layer.units != outputs), layers[-1].name)
    return first, last


@dataclass(eq=False)
class _Measured:
    net: Network
    layers: tuple[str, ...]
    wides: list[Wide]
    truths: tuple[TrueClass, ...]
    tell: Callable[[int, int], None]
    total: int

    def __post_init__(self) -> None:
        self._done = 0
        self._originals = [self._run(wide.seen[None])[1] for wide in self.wides]

    def _run(self, pictures: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return probabilities (n, K) and feature vectors (n, F) by layer."""
        output, maps = run_whole(self.net, self.net.scale.to_inputs(pictures), self.layers)
        return probabilities(output), {name: one.flatten(1).double() for name, one in maps.items()}

    def curve(self, change: Change) -> Curve:
        """Measure all pictures under one change."""
        size = (len(self.wides), len(change.degrees))
        distance: dict[str, Floats] = {name: np.zeros(size) for name in self.layers}
        chance, made_up, shown = np.zeros(size), np.zeros(size), torch.empty(0)
        for n, wide in enumerate(self.wides):
            pictures, beyond = change.made(wide)
            made_up[n] = beyond.numpy()
            if n == 0:
                shown = pictures[[0, len(pictures) // 2, -1]].cpu()
            few = max(1, AT_ONCE // pictures[0].numel())
            for start in range(0, len(pictures), few):
                part = slice(start, start + few)
                answers, features = self._run(pictures[part])
                chance[n, part] = answers[:, self.truths[n].index].cpu().numpy()
                for name, vectors in features.items():
                    distance[name][n, part] = _away(self._originals[n][name], vectors)
                self._done += len(answers)
                self.tell(self._done, self.total)
        return Curve(change, distance, chance, made_up, shown)

    def between(self) -> dict[str, float]:
        """Return how far the features of different pictures are apart, by layer."""
        found: dict[str, float] = {}
        for name in self.layers:
            vectors = [original[name] for original in self._originals]
            found[name] = mean(
                np.array(
                    [float(_away(a, b)[0]) for i, a in enumerate(vectors) for j, b in enumerate(vectors) if i != j]
                )
            )
        return found


def _away(original: Tensor, vectors: Tensor) -> Floats:
    """Return |f - f'| / |f| for vectors f' (n, F); NaN where the original's is nought."""
    length = float(original.norm())
    found: Floats = ((vectors - original).norm(dim=1) / (length or float("nan"))).cpu().numpy()
    return found


def _numbers(curve: Curve) -> dict[str, object]:
    chance, chances = curve.averaged(curve.probability)
    return {
        "change": curve.change.name,
        "unit": curve.change.unit,
        "degrees": curve.change.degrees,
        "distance": {name: values.tolist() for name, values in curve.distance.items()},
        "mean_distance": {
            name: {"mean": middle.tolist(), "interval": intervals}
            for name, (middle, intervals) in ((n, curve.averaged(v)) for n, v in curve.distance.items())
        },
        "probability": curve.probability.tolist(),
        "mean_probability": {"mean": chance.tolist(), "interval": chances},
        "made_up": curve.made_up.tolist(),
    }
