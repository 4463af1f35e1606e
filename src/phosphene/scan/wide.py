"""Layers of very many units: what is kept of them is decided, and said, before a scan begins."""

from __future__ import annotations

from collections.abc import Sequence

from phosphene.atlas.records import Manifest
from phosphene.atlas.state import ARRAYS, LARGEST, largest_blob, paired
from phosphene.errors import UsageError
from phosphene.network import Layer


def wide(layers: Sequence[Layer]) -> str:
    """Say of layers with too many pairs of units which correlations are kept; nothing where all are."""
    found = [(layer, paired(layer.units)) for layer in layers]
    return "; ".join(
        f"correlations of {layer.name} are those of its first {kept:,} units with all {layer.units:,}"
        for layer, kept in found
        if kept < layer.units
    )


def check_sizes(manifest: Manifest) -> None:
    """Raise UsageError where an array of a layer would be more than one value in the file may be."""
    for layer in manifest.layers:
        if max(largest_blob(manifest, layer, name) for name in ARRAYS) > LARGEST:
            sample = manifest.options.sample
            raise UsageError(
                f"{layer.name} has {layer.units:,} units, too many for a sample of {sample:,} pictures; "
                "give a smaller --sample, or choose other layers by --layer"
            )
