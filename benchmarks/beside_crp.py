"""zennit-crp's activation maximisation on the pictures of bench_scan.py.

``crp`` is its `FeatureVisualization.run` as it stands, which needs a backward pass for the relevances that it sorts
along; no composite, the cheapest. ``crp-act`` is what that does with activations alone, called from forward hooks.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import phosphene as ph

INSTALLED = find_spec("crp") is not None and find_spec("zennit") is not None
WAYS = ("crp-act", "crp")


class _Pictures:
    """The data set that it asks picture by picture."""

    def __init__(self, x: Tensor) -> None:
        self._x = x

    def __len__(self) -> int:
        return len(self._x)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._x[index], 0


@contextlib.contextmanager
def _visualisation(net: ph.Network, layers: list[str], x: Tensor) -> Iterator[object]:
    from crp.attribution import CondAttribution
    from crp.concepts import ChannelConcept
    from crp.visualization import FeatureVisualization

    concepts = {name: ChannelConcept() for name in layers}
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        attribution = CondAttribution(net.model, no_param_grad=True)
        yield FeatureVisualization(attribution, _Pictures(x), concepts, max_target="max", abs_norm=False, path=folder)


def seconds(net: ph.Network, layers: list[str], way: str, x: Tensor, batch: int) -> float:
    """Return how long one way takes over the pictures ``x``, after a first batch that is not counted."""
    modules = dict(net.model.named_modules())
    names = [name for name in layers if name in modules]
    with _visualisation(net, names, x) as found:
        measured = _whole if way == "crp" else _activations
        measured(found, net, names, x[:batch], batch)
        began = time.perf_counter()
        measured(found, net, names, x, batch)
        return time.perf_counter() - began


def _whole(found: object, net: ph.Network, names: list[str], x: Tensor, batch: int) -> None:
    found.run(None, 0, len(x), batch)  # type: ignore[attr-defined]


def _activations(found: object, net: ph.Network, names: list[str], x: Tensor, batch: int) -> None:
    numbers = np.zeros(0, np.int64)

    def hook(name: str) -> Callable[..., None]:
        def look(module: object, args: object, output: Tensor) -> None:
            concept = found.layer_map[name]  # type: ignore[attr-defined]
            found.analyze_activation(output, name, concept, numbers, np.zeros(len(numbers)))  # type: ignore[attr-defined]

        return look

    modules = dict(net.model.named_modules())
    handles = [modules[name].register_forward_hook(hook(name)) for name in names]
    with torch.no_grad():
        for first in range(0, len(x), batch):
            numbers = np.arange(first, first + batch)
            net.model(x[first : first + batch])
    for handle in handles:
        handle.remove()
