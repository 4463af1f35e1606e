"""What the network takes a picture for."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.network import Network

BEST = 10
NO_SCORES = "This network does not end in one score for each class."


@dataclass(frozen=True)
class Score:
    """A class, and its share of the softmax over all."""

    name: str
    score: float


@dataclass(frozen=True)
class Predictions:
    """The classes with the largest scores, the largest first."""

    classes: tuple[Score, ...]
    note: str


def predictions(bench: Bench, asked: Asked) -> Predictions:
    """Answer ``image``."""
    scores = softmax(bench.net, bench.seeing.inputs(asked.text("image")))
    if scores is None:
        return Predictions((), NO_SCORES)
    best = scores[0].nan_to_num(-1.0).sort(descending=True, stable=True).indices[:BEST].tolist()
    named = tuple(Score(class_name(bench.net, output), float(scores[0, output])) for output in best)
    return Predictions(named, said(bench.net, scores))


def softmax(net: Network, inputs: Tensor) -> Tensor | None:
    """Return the softmax of the network's scores (N, classes); None where it does not end in scores."""
    scores = net.scores(inputs)
    if not isinstance(scores, Tensor) or scores.ndim != 2 or not scores.is_floating_point():
        return None
    return scores.double().softmax(1).cpu()


def class_name(net: Network, output: int) -> str:
    """Return what an output of the network is called."""
    return net.classes[output] if net.classes is not None and output < len(net.classes) else f"output {output}"


def said(net: Network, scores: Tensor) -> str:
    """Return what there is to say of scores."""
    if not bool(scores.isfinite().all()):
        return "The scores are not finite."
    return "" if net.classes is not None else "Its outputs have no names."
