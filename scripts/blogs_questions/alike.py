"""How alike are the units of a layer: correlation matrices, ordered by clustering, and the layer's real size."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from phosphene.evidence import bootstrap
from phosphene.evidence.looks import look
from phosphene.evidence.matrix import matrix_plot
from phosphene.evidence.redrawn import redrawn, weighted_layers
from phosphene.evidence.redundancy import LayerRedundancy, layer_redundancy, participation
from phosphene.network import Network
from scripts.blogs_questions.ground import LAYERS, Ground, row, said

POSITIONS = 16  # of each picture
UNTRAINED = 3
Numbers = NDArray[np.floating]


def answer(ground: Ground) -> list[str]:
    """Draw both matrices, and return what they come to."""
    found = [layer_redundancy(ground.atlas, layer) for layer in LAYERS]
    ground.save(
        matrix_plot(found, f"{ground.net.name}: correlation of units, ordered by clustering"), "blog-correlation"
    )
    untrained = [_untrained(ground, seed) for seed in range(UNTRAINED)]
    head = ("layer", "mean abs r", "interval", "dimension", "interval", "of", "untrained: mean abs r", "dimension")
    rows = [row(head), row(("---",) * len(head))]
    rows += [_row(ground, each, untrained) for each in found]
    return [*rows, "", *(line for each in found for line in (said(each.finding), *_extremes(each)))]


def mean_size(correlation: Numbers) -> float:
    """Return the mean |r| of pairs."""
    return float(np.abs(correlation[np.triu_indices(len(correlation), 1)]).mean())


def _extremes(found: LayerRedundancy) -> list[str]:
    first, second = np.triu_indices(len(found.correlation), 1)
    r = found.correlation[first, second]
    ends = [f"{first[k]} and {second[k]}: {r[k]:.2f}" for k in (np.argmax(r), np.argmin(r))]
    beyond = ", ".join(f"{(np.abs(r) > limit).sum()} beyond {limit}" for limit in (0.2, 0.5, 0.95))
    return [f"- pairs of {found.layer}: {len(r)}; most alike {ends[0]}; most unlike {ends[1]}; {beyond}"]


# -- how sure, and against what ----------------------------------------------------------------------------------------


def _row(ground: Ground, found: LayerRedundancy, untrained: Sequence[Network]) -> str:
    living = np.flatnonzero(~np.isnan(np.diag(found.correlation)))
    among = found.correlation[np.ix_(living, living)]
    sizes, dimensions = _drawn(ground, ground.net, found.layer)
    others = [_drawn(ground, net, found.layer, draws=0) for net in untrained]
    sizes_without, dimensions_without = ([float(each[which][0]) for each in others] for which in (0, 1))
    without = (_listed(sizes_without, 3), _listed(dimensions_without, 1))
    size, dimension = mean_size(among), found.dimension
    return row((found.layer, f"{size:.3f}", _around(size, sizes, 3), f"{dimension:.1f}",
                _around(dimension, dimensions, 1), found.living, *without))  # fmt: skip


def _listed(values: Sequence[float], digits: int) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in values)


def _drawn(ground: Ground, net: Network, layer: str, draws: int = 200) -> tuple[Numbers, Numbers]:
    """Return mean |r| and dimension of the pictures looked at, then of pictures drawn from them with replacement."""
    units = range(net.layer(layer).units)
    values = look(net, layer, units, ground.blind, POSITIONS).units
    values = values[:, :, values.reshape(-1, len(units)).std(0) > 0]
    each = np.einsum("npa,npb->nab", values, values, optimize=True)
    sums = values.sum(1)
    weights = np.concatenate([np.ones((1, len(values))), bootstrap.weights(len(values), draws)])
    matrices = [_correlation(np.tensordot(w, each, 1), w @ sums, w.sum() * POSITIONS) for w in weights]
    return np.array([mean_size(m) for m in matrices]), np.array([participation(m) for m in matrices])


def _correlation(products: Numbers, sums: Numbers, count: float) -> Numbers:
    covariance = products - np.outer(sums, sums) / count
    spread = np.sqrt(np.diag(covariance))
    found: Numbers = covariance / np.outer(spread, spread)
    return found


def _around(value: float, drawn: Numbers, digits: int) -> str:
    """Return the interval of a figure whose resampled values scatter around their own mean as ``drawn`` do."""
    low, high = np.quantile(drawn[1:] - drawn[1:].mean() + value, [0.025, 0.975])
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _untrained(ground: Ground, seed: int) -> Network:
    """Return the network with all weights drawn anew from normal distributions of their tensors' mean and deviation."""
    net = copy.copy(ground.net)
    net.model = copy.deepcopy(ground.net.model)
    generator = torch.Generator().manual_seed(seed)
    for name in weighted_layers(net, LAYERS[-1], ground.blind[:1]):
        redrawn(net.model, name, "noise", generator)
    return net
