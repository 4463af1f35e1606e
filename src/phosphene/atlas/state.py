"""The running state of a scan as arrays: which there are, their shapes, and their way into blobs and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from phosphene.atlas.records import Array, LayerInfo, Manifest

HEAD = 4096
"""Bytes that the head of a blob may have beside its numbers."""
LARGEST = 10**9
"""Bytes that a blob may have: as many as SQLite, as it is usually built, takes for one value."""
PAIRS = 2**23
"""Pairs of units of a layer whose co-moments are kept at most: all those of up to 2,896 units."""


@dataclass(frozen=True)
class Kind:
    """An array of the state: its number format, and its shape in the letters of docs/atlas-format.md.

    C units, P of them that are paired with all, K strongest images, S sample images (or fewer), L classes, F visible
    features.
    """

    dtype: str
    shape: str


ARRAYS: Mapping[str, Kind] = {
    "count": Kind("<i8", "C"),
    "nonfinite": Kind("<i8", "C"),
    "mean": Kind("<f8", "C"),
    "m2": Kind("<f8", "C"),
    "minimum": Kind("<f4", "C"),
    "maximum": Kind("<f4", "C"),
    "positive": Kind("<i8", "C"),
    "top_value": Kind("<f4", "CK"),
    "top_image": Kind("<i8", "CK"),
    "top_place": Kind("<i4", "CK"),
    "sample_image": Kind("<i8", "S"),
    "sample_hash": Kind("<u8", "S"),
    "sample_peak": Kind("<f4", "SC"),
    "sample_place": Kind("<i4", "SC"),
    "class_sum": Kind("<f8", "LC"),
    "class_count": Kind("<i8", "L"),
    "pair_count": Kind("<i8", ""),
    "pair_mean": Kind("<f8", "C"),
    "pair_products": Kind("<f8", "PC"),
    "seen_count": Kind("<i8", ""),
    "seen_mean": Kind("<f8", "F"),
    "seen_products": Kind("<f8", "FF"),
    "seen_unit_mean": Kind("<f8", "C"),
    "seen_unit_m2": Kind("<f8", "C"),
    "seen_unit_products": Kind("<f8", "FC"),
}


def paired(units: int) -> int:
    """Return of how many units, the first ones, correlations with all units of their layer are kept."""
    return min(units, max(1, PAIRS // units))


@dataclass(frozen=True)
class Blob:
    """An array as a safetensors file of one tensor, and its SHA-256."""

    data: bytes
    sha256: str


def bounds(manifest: Manifest, layer: LayerInfo, name: str) -> tuple[int, ...]:
    """Return the shape of an array, or the largest it may have. Raises KeyError for an array the format lacks."""
    sizes = {
        "C": layer.units,
        "P": paired(layer.units),
        "K": manifest.options.top,
        "S": manifest.options.sample,
        "L": len(manifest.classes),
        "F": len(manifest.features),
    }
    return tuple(sizes[letter] for letter in ARRAYS[name].shape)


def largest_blob(manifest: Manifest, layer: LayerInfo, name: str) -> int:
    """Return how many bytes the blob of an array may have."""
    items = 1
    for size in bounds(manifest, layer, name):
        items *= size
    return items * np.dtype(ARRAYS[name].dtype).itemsize + HEAD


def encode(manifest: Manifest, layer: LayerInfo, name: str, array: Array) -> Blob:
    """Return an array as a blob. Raises ValueError where its kind or shape is not what the format says."""
    if name not in ARRAYS:
        raise ValueError(f"the atlas keeps no array {name!r}")
    if (problem := _misfit(manifest, layer, name, array)) is not None:
        raise ValueError(problem)
    data = save({name: np.ascontiguousarray(array).reshape(array.shape)})
    return Blob(data, hashlib.sha256(data).hexdigest())


def decode(manifest: Manifest, layer: LayerInfo, name: str, blob: Blob) -> Array:
    """Return the array in a blob, as a copy that may be written to.

    Raises:
        ValueError: the blob is not what its hash, or the manifest, says.
    """
    if hashlib.sha256(blob.data).hexdigest() != blob.sha256:
        raise ValueError("its bytes are not those that were hashed")
    try:
        array: Array = load(blob.data)[name]
    except (SafetensorError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError("it is no array") from error
    if (problem := _misfit(manifest, layer, name, array)) is not None:
        raise ValueError(problem)
    return array if array.flags.writeable else array.copy()


def _misfit(manifest: Manifest, layer: LayerInfo, name: str, array: Array) -> str | None:
    kind, sizes = ARRAYS[name], bounds(manifest, layer, name)
    fits = array.ndim == len(sizes) and all(
        found <= size if letter == "S" else found == size
        for found, size, letter in zip(array.shape, sizes, kind.shape, strict=False)
    )
    if fits and array.dtype == np.dtype(kind.dtype):
        return None
    wanted = "x".join(map(str, sizes)) or "one number"
    return f"{layer.name}'s array {name!r} is {array.dtype} {array.shape}, where {kind.dtype} {wanted} belongs"
