"""`correspondence`: do features answer alike when the same part is hidden in different pictures (paper, table 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.draw.plots import Plot
from phosphene.errors import PhospheneError, UsageError
from phosphene.evidence.bootstrap import interval
from phosphene.evidence.finding import Finding, Interval
from phosphene.evidence.measured import mean
from phosphene.network import Network
from phosphene.paper.analysis import Analysis
from phosphene.paper.answers import VALUES
from phosphene.paper.correspondence_figure import parts_plot
from phosphene.paper.correspondence_parts import (
    Box,
    Parts,
    anywhere,
    check_inside,
    chosen_names,
    hidden,
    moved_to,
    parts_of,
)
from phosphene.paper.correspondence_signs import (
    Signs,
    beyond_chance,
    distances,
    interval_of_pairs,
    mean_of_pairs,
    signs,
)
from phosphene.paper.correspondence_words import said
from phosphene.scan.choice import chosen_layers
from phosphene.sources.images import images as open_images

DRAWS = 40


@dataclass(frozen=True, eq=False)
class Compared:
    """One measure of pairs of pictures.

    Attributes:
        between: (n, n) by pairs of pictures, the part hidden.
        random: (R,) the mean over pairs for random boxes of the same size, one in each picture, R times.
        elsewhere: (S,) the mean over pairs where each picture's box lies where another picture has the part.
    """

    between: Floats
    random: Floats
    elsewhere: Floats

    @property
    def mean(self) -> float:
        """The mean over pairs of pictures."""
        return mean_of_pairs(self.between)

    @property
    def interval(self) -> Interval | None:
        """Of the mean, by the bootstrap over pictures."""
        return interval_of_pairs(self.between)

    @property
    def random_range(self) -> Interval | None:
        """Where 95 % of the random draws lie."""
        return interval(self.random)

    def numbers(self) -> dict[str, object]:
        """Return every figure."""
        return {
            "mean": self.mean,
            "interval": self.interval,
            "random": {"mean": mean(self.random), "range": self.random_range, "draws": self.random.tolist()},
            "elsewhere": {"mean": mean(self.elsewhere), "draws": self.elsewhere.tolist()},
            "between": self.between.tolist(),
        }


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far a layer agrees on one part.

    Attributes:
        part: its name.
        layer: whose features.
        pictures: their names, those in which hiding the part changed anything.
        distance: share of the features whose change has another sign; its mean is the paper's number.
        agreement: see `phosphene.paper.correspondence_signs.beyond_chance`.
        changed: mean share of the features that hiding the part changes at all.
        random_changed: the same for random boxes.
    """

    part: str
    layer: str
    pictures: tuple[str, ...]
    distance: Compared
    agreement: Compared
    changed: float
    random_changed: float

    @property
    def random_as_good(self) -> float:
        """Share of the random draws that agree beyond chance as much as the part: small where it is special."""
        return float((self.agreement.random >= self.agreement.mean - 1e-12).mean())


@dataclass(frozen=True, eq=False, repr=False)
class Correspondence(Analysis):
    """Parts at layers.

    Attributes:
        network: its name.
        parts, layers: names.
        pooled: whether a feature is a map's mean, and not each of its values.
        agreements: by layer, then by part.
        shown: pictures with their parts' boxes.
    """

    network: str
    parts: tuple[str, ...]
    layers: tuple[str, ...]
    pooled: bool
    agreements: tuple[Agreement, ...]
    shown: tuple[tuple[Image.Image, tuple[Box, ...]], ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One sentence for each part at each layer."""
        return said(self)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Both measures with their intervals, the random ones, and all pairs."""
        return {
            "network": self.network,
            "features": "means of maps" if self.pooled else "all values",
            "agreements": [_numbers(each) for each in self.agreements],
        }

    def figure(self) -> Plot:
        """Draw the pictures with their parts, and each part's distance beside random ones, by layer."""
        return parts_plot(self)


def correspondence(
    net: Network,
    images: object,
    parts: Parts | Mapping[str, Mapping[str, Sequence[int]]],
    *,
    names: Sequence[str] | None = None,
    layers: Sequence[str] | None = None,
    pooled: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Correspondence:
    """Hide the same part in every picture and ask whether a layer's features change in the same way.

    The paper's table 1 (section 4.3): of each picture i, x_i are the layer's features and x~_i those with the part
    hidden; e_i = x_i - x~_i. Consistency is Delta = sum over i != j of H(sign(e_i), sign(e_j)), H the Hamming
    distance; lower means "tighter correspondence between the same object parts in different images". Here, as in the
    paper's table, H is the share of the features and Delta the mean over pairs, so that it lies between 0 and 1. The
    sign of no change is 0, a sign of its own.

    It is compared with random boxes of the same size, one in each picture, as in the paper; and, as boxes of a part lie
    at similar places and features have places too, with the part's boxes of other pictures: there the places are as
    alike, but the part is not hidden. A part that is no better than these is a place.

    The paper's number is low also where a box changes little, because no change agrees with no change: a random box on
    a plain ground often does. So what stands beside it is the agreement beyond what the shares of the signs make by
    chance (`Agreement.agreement`), and how much changes at all.

    Args:
        net: the network.
        images: what `phosphene.images` takes; pictures without a part are left out for that part.
        parts: what `phosphene.paper.correspondence_parts.read_parts` returns, or boxes (x0, y0, x1, y1) by picture and
            part, in pixels of the stored picture, upright.
        names: parts; None: all.
        layers: names or patterns; None: the paper's are the last convolution and the last hidden fully connected one,
            so here the last convolution and what comes after it, but for the classes.
        pooled: take each map's mean as one feature, wherever it is: whether places agree does not count then.
        draws: how many times random boxes are drawn.
        seed: of the random boxes.
        tell: hears how many pictures of how many are done.

    Raises:
        UsageError: no such part or layer.
        PhospheneError: fewer than two pictures have the part; a box reaches out of its picture.
    """
    boxes = parts if isinstance(parts, Parts) else parts_of(parts)
    if draws < 1:
        raise UsageError(f"{draws} random draws are nothing to compare with; give 1 or more")
    chosen = chosen_names(boxes, names)
    found = open_images(images)  # type: ignore[arg-type]
    pictures = [(one.id, picture, boxes.of(one.id)) for one, picture in found.readable() if boxes.of(one.id)]
    for name in chosen:
        have = [(id, picture, own[name]) for id, picture, own in pictures if name in own]
        if len(have) < 2:
            raise PhospheneError(
                f"{len(have)} of {len(found)} pictures of {found.name} have the part {name!r}; "
                f"give boxes for at least two, by the pictures' names, such as {found[0].id!r}"
            )
        for id, picture, box in have:
            check_inside(box, picture, f"{name!r} of {id!r}")
    at = _layers(net, layers)
    eye = _Eye(net, at, pooled, tell)
    eye.total = sum(
        len([own for *_, own in pictures if name in own])
        * (1 + draws + len([own for *_, own in pictures if name in own]))
        for name in chosen
    )
    by_part = {
        name: _measured(eye, name, [(i, p, own[name]) for i, p, own in pictures if name in own], draws, seed)
        for name in chosen
    }
    agreements = tuple(by_part[name][layer] for layer in at for name in chosen)
    shown = tuple((p, tuple(own[name] for name in chosen if name in own)) for _, p, own in pictures)
    return Correspondence(net.name, chosen, tuple(at), pooled, agreements, shown)


def _layers(net: Network, wanted: Sequence[str] | None) -> list[str]:
    chosen = [layer.name for layer in chosen_layers(net, wanted)]
    if wanted is not None:
        return chosen
    every = net.layers()
    names = [layer.name for layer in every]
    outputs = every[-1].units
    last = [name for name in chosen if net.layer(name).units != outputs][-1:] or chosen[-1:]
    later = [layer.name for layer in every[names.index(last[0]) + 1 :] if layer.units != outputs]
    return [*last, *later[-1:]]


Seen = tuple[str, Image.Image, Box]


class _Eye:
    """The layers' features of pictures."""

    def __init__(self, net: Network, layers: Sequence[str], pooled: bool, tell: Callable[[int, int], None]) -> None:
        self._net = net
        self._layers = layers
        self._pooled = pooled
        self._tell = tell
        self._done = 0
        self.total = 0

    def features(self, pictures: Sequence[Image.Image]) -> dict[str, Tensor]:
        """Return the features by layer, (n, ...), of a few pictures."""
        maps = self._net.record(list(pictures), list(self._layers))
        return {name: each.mean((2, 3)) if self._pooled else each for name, each in maps.items()}

    def signs(self, whole: Mapping[str, Tensor], seen: Sequence[Seen], boxes: Sequence[Box]) -> dict[str, Signs]:
        """Return by layer the signs (n, F) of what hiding one box in each picture changes."""
        found: dict[str, list[Signs]] = {name: [] for name in self._layers}
        channels, height, width = self._net.input_size
        few = max(1, VALUES // (channels * height * width))
        for start in range(0, len(seen), few):
            part = range(start, min(start + few, len(seen)))
            after = self.features([hidden(seen[n][1], boxes[n]) for n in part])
            for name in self._layers:
                found[name] += [signs(whole[name][n], after[name][n - start]) for n in part]
            self._done += len(part)
            self._tell(self._done, self.total)
        return {name: np.stack(each) for name, each in found.items()}


def _measured(eye: _Eye, part: str, seen: list[Seen], draws: int, seed: int) -> dict[str, Agreement]:
    """Return the agreement on one part by layer."""
    parts_seen = [eye.features([picture]) for _, picture, _ in seen]
    whole = {name: torch.cat([each[name] for each in parts_seen]) for name in parts_seen[0]}
    own = eye.signs(whole, seen, [box for *_, box in seen])
    generator = np.random.default_rng([seed, *part.encode()])  # other boxes for each part
    random = [
        eye.signs(whole, seen, [anywhere(box, picture, generator) for _, picture, box in seen]) for _ in range(draws)
    ]
    shifted = [eye.signs(whole, seen, _turned(seen, turn)) for turn in range(1, len(seen))]
    found = {}
    for layer, each in own.items():
        changed = (each != 0).any(1)
        if changed.sum() < 2:
            raise PhospheneError(
                f"hiding {part!r} changes nothing of {layer} in {int((~changed).sum())} of {len(seen)} pictures; "
                "check the boxes: the network's preprocessing may cut them off"
            )
        kept, randomly, moved = (
            each[changed],
            [one[layer][changed] for one in random],
            [one[layer][changed] for one in shifted],
        )
        found[layer] = Agreement(
            part,
            layer,
            tuple(id for (id, *_), is_changed in zip(seen, changed, strict=True) if is_changed),
            _compared(distances, kept, randomly, moved),
            _compared(beyond_chance, kept, randomly, moved),
            float((kept != 0).mean()),
            mean(np.array([(one != 0).mean() for one in randomly])),
        )
    return found


def _compared(
    measure: Callable[[Signs], Floats], own: Signs, random: Sequence[Signs], elsewhere: Sequence[Signs]
) -> Compared:
    draws = (np.array([mean_of_pairs(measure(one)) for one in each]) for each in (random, elsewhere))
    return Compared(measure(own), *draws)


def _turned(seen: Sequence[Seen], turn: int) -> list[Box]:
    """Return the boxes of the pictures, each from where the picture ``turn`` places on has it."""
    others = [*seen[turn:], *seen[:turn]]
    return [moved_to(box, p, other, elsewhere) for (_, p, box), (_, elsewhere, other) in zip(seen, others, strict=True)]


def _numbers(each: Agreement) -> dict[str, object]:
    return {
        "part": each.part,
        "layer": each.layer,
        "pictures": each.pictures,
        "distance": each.distance.numbers(),
        "agreement": each.agreement.numbers(),
        "random_as_good": each.random_as_good,
        "changed": each.changed,
        "random_changed": each.random_changed,
    }
