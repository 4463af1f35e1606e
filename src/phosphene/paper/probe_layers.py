"""`probe`: how well a linear classifier tells the classes from each layer's features (paper, table 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from phosphene.arrays import Floats
from phosphene.draw.plots import Plot
from phosphene.errors import UsageError
from phosphene.evidence.bootstrap import mean_interval
from phosphene.evidence.finding import Finding, Interval
from phosphene.network import Network
from phosphene.paper.analysis import Analysis
from phosphene.paper.probe_classifier import Classifier, check, right
from phosphene.paper.probe_features import features, untrained
from phosphene.paper.probe_figure import depths
from phosphene.paper.probe_words import said
from phosphene.paper.shown import Shown
from phosphene.scan.choice import chosen_layers

LIMIT = 2000


@dataclass(frozen=True, eq=False)
class Depth:
    """What a classifier makes of one layer.

    Attributes:
        layer: its name; ``pixels`` for the picture itself.
        features: how many numbers the classifier gets of a picture.
        right: (N,) 1 where it names a picture rightly that it has not learnt from, 0 where not.
        untrained: (N,) the same from the untrained network's features; None for pixels, or where that was not asked.
    """

    layer: str
    features: int
    right: Floats
    untrained: Floats | None

    @property
    def accuracy(self) -> float:
        """Share of the pictures that are named rightly."""
        return float(self.right.mean())

    @property
    def interval(self) -> Interval | None:
        """Of the accuracy, by the bootstrap over pictures."""
        return mean_interval(self.right)


@dataclass(frozen=True, eq=False, repr=False)
class Probe(Analysis):
    """The accuracy of a linear classifier by depth.

    Attributes:
        network: its name.
        pictures: how many.
        classes: names.
        chance: share of the largest class: what is right for naming always that one.
        classifier: which.
        folds: how many.
        grid: maps were pooled to as many means each way.
        depths: pixels, then the layers in order.
    """

    network: str
    pictures: int
    classes: tuple[str, ...]
    chance: float
    classifier: str
    folds: int
    grid: int
    depths: tuple[Depth, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The best layer, one sentence for each layer, and where depth helps."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Accuracy, interval and untrained accuracy of every layer."""
        return {
            "network": self.network,
            "pictures": self.pictures,
            "classes": self.classes,
            "chance": self.chance,
            "classifier": self.classifier,
            "folds": self.folds,
            "grid": self.grid,
            "layers": [_numbers(depth) for depth in self.depths],
        }

    def figure(self) -> Plot:
        """Draw accuracy by depth, with that of the untrained network and chance."""
        return depths(self)


def probe(
    net: Network,
    images: object,
    *,
    layers: Sequence[str] | None = None,
    labels: Sequence[str | int] | None = None,
    classifier: Classifier = "ridge",
    folds: int = 5,
    grid: int = 2,
    limit: int = LIMIT,
    with_untrained: bool = True,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Probe:
    """Ask each layer how linearly separable its features make the classes.

    The paper's table 7: the network's layers are kept, and a linear SVM or a softmax is trained on the features of
    layer 1, 2, 3 ... to name the classes of other pictures (Caltech-101 and -256). "The predictive power of the
    features increases as we ascend." Here a layer's maps are pooled to their means in ``grid`` x ``grid`` parts, so
    that layers have comparable numbers of features; the accuracy is cross-validated, each picture named by a
    classifier that did not learn from it. Beside it stand the picture's own pixels, pooled to ``4 grid`` x ``4 grid``
    colours; chance; and the same network with the weights that it began with, drawn anew: much of what early layers
    tell, an untrained network tells as well.

    Args:
        net: the network. Pictures it was trained on make it look better than it is.
        images: what `phosphene.images` takes, or inputs (N, C, H, W). Pictures without a class are left out.
        layers: names or patterns; None: those behind every convolution, and whatever comes after the last of them.
        labels: the class of each picture, where the set does not know them.
        classifier: ``"ridge"`` (least squares on +-1, its strength by leaving one out), ``"softmax"`` or ``"svm"``.
        folds: of the cross-validation, stratified.
        grid: means each way that a map is pooled to.
        limit: look at so many pictures at most.
        with_untrained: whether to compare with the untrained network.
        seed: of folds and untrained weights.
        tell: hears how many steps of how many are done.

    Raises:
        UsageError: no such layer or classifier.
        PhospheneError: scikit-learn is missing (extra ``probe``); too few pictures or classes.
    """
    if grid < 1:
        raise UsageError(f"maps cannot be pooled to {grid} means each way; give 1 or more")
    shown = Shown(net, images, limit, labels)
    check(classifier, shown.labels, folds)
    names = _names(net, layers)
    nets = [net, untrained(net, seed)] if with_untrained else [net]
    steps = _Steps(len(shown), len(nets), len(names), tell)
    both = []
    for each in nets:
        found, read = features(each, shown, names, grid, steps.shown)
        kept = [place for place, number in enumerate(read) if shown.labels[number] >= 0]
        both.append({name: tensor[kept].numpy() for name, tensor in found.items()})
    own = shown.labels[[read[place] for place in kept]]
    check(classifier, own, folds)  # some pictures may be broken
    depths = []
    for name, values in both[0].items():
        judged = [right(part[name], own, classifier, folds, seed) for part in (both[:1] if name not in names else both)]
        depths.append(Depth(name, values.shape[1], judged[0], judged[1] if len(judged) > 1 else None))
        steps.judged(len(judged))
    counts = np.bincount(own)
    chance = float(counts.max() / counts.sum())
    return Probe(net.name, len(own), shown.classes, chance, classifier, folds, grid, tuple(depths))


def _names(net: Network, layers: Sequence[str] | None) -> list[str]:
    chosen = [layer.name for layer in chosen_layers(net, layers)]
    if layers is not None:
        return chosen
    every = [layer.name for layer in net.layers()]
    return chosen + every[every.index(chosen[-1]) + 1 :]


class _Steps:
    """Counts pictures and classifiers as one work: a classifier counts as a tenth of the pictures."""

    def __init__(self, pictures: int, nets: int, layers: int, tell: Callable[[int, int], None]) -> None:
        self._weight = max(1, pictures // 10)
        self._total = nets * (pictures + layers * self._weight) + self._weight
        self._done = 0
        self._tell = tell

    def shown(self, pictures: int) -> None:
        self._done += pictures
        self._tell(self._done, self._total)

    def judged(self, classifiers: int) -> None:
        self.shown(classifiers * self._weight)


def _numbers(depth: Depth) -> dict[str, object]:
    before = depth.untrained
    return {
        "layer": depth.layer,
        "features": depth.features,
        "accuracy": depth.accuracy,
        "interval": depth.interval,
        "untrained": None if before is None else float(before.mean()),
        "untrained_interval": None if before is None else mean_interval(before),
    }
