"""The moments of a training: one network with the weights that it had then."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from phosphene import bundled
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.paper.recording import recorded_files, title
from phosphene.preprocessing import Preprocessing
from phosphene.sources.fitting import fit
from phosphene.sources.networks import load

BUNDLED = "cifar"
"""The network whose checkpoints come along."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A network as it was at one moment of its training.

    Attributes:
        name: such as ``epoch 4``.
        net: the network with the weights of then.
    """

    name: str
    net: Network


def bundled_moments() -> list[Moment]:
    """Return the blog's network up to its second pooling at the eight moments of its training that come along."""
    said = bundled.about(BUNDLED)
    preprocess = Preprocessing((32, 32), said.mean, said.std)
    whole = bundled.load_bundled(BUNDLED)
    parts = OrderedDict((name, part) for name, part in whole.named_children() if not name.startswith(("fc", "drop")))
    moments = []
    for point in bundled.checkpoints():
        model = copy.deepcopy(nn.Sequential(parts))
        model.load_state_dict(point.tensors)
        net = Network(model.eval(), preprocess, None, (3, 32, 32), BUNDLED)
        moments.append(Moment(f"epoch {point.epoch}", net))
    return moments


def with_weights(net: Network, files: Sequence[str | Path]) -> list[Moment]:
    """Return ``net`` with the weights of each file, in this order; a folder stands for all that was recorded there.

    Raises:
        UsageError: there is no such file.
        PhospheneError: the weights do not fit.
    """
    moments = []
    for path in (each for given in files for each in recorded_files(Path(given).expanduser())):
        other = copy.copy(net)
        other.model = copy.deepcopy(net.model)
        fit(other.model, path, net.name)
        other.model.to(net.device)
        moments.append(Moment(title(path), other))
    return moments


def moments_of(
    networks: Sequence[str],
    weights: Sequence[str] = (),
    input_size: tuple[int, int, int] | None = None,
    device: str = "cpu",
) -> list[Moment]:
    """Return the moments that were named: several networks, or one with several files of weights.

    ``cifar`` alone stands for the checkpoints of it that come along.

    Raises:
        UsageError: several networks and weights, or but one moment.
        PhospheneError: weights do not fit.
    """
    if not weights and list(networks) in ([], [BUNDLED]):
        moments = bundled_moments()
        for moment in moments:
            moment.net.model.to(load(BUNDLED, device=device).device)
        return moments
    if not weights:
        return [Moment(Path(each).stem, load(each, None, input_size=input_size, device=device)) for each in networks]
    if len(networks) != 1:
        raise UsageError("several files of weights belong to one network; name one network")
    return with_weights(load(networks[0], "random", input_size=input_size, device=device), weights)
