"""A scan that never was: records by arithmetic, the same whenever they are asked for, without any network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from math import fsum, sqrt
from zlib import crc32

import numpy as np

from phosphene.atlas.records import (
    ClassRow,
    CorrelationRow,
    Example,
    Failure,
    ImageRow,
    LayerInfo,
    Manifest,
    Options,
    Shard,
    Thumbnail,
    UnitRow,
    VisibleRow,
)
from phosphene.atlas.state import ARRAYS, bounds

IMAGES = 40
SHARD = 8
CLASSES = ("dog", "cat")
FEATURES = ("lightness", "contrast")
LAYERS = (
    LayerInfo("relu1", "relu", 3, (8, 8), (1.0, 1.0), (5, 5)),
    LayerInfo("relu2", "relu", 12, (4, 4), (2.0, 2.0), (14, 14)),
    LayerInfo("pool", "mean", 2, (1, 1)),
)

# Lossless: 8x6 pixels, the left half red and the right half blue; and 8x6 all green.
RED_AND_BLUE = bytes.fromhex("5249464624000000574542505650384c170000002f074001000f10f3bffff31f0e008248f0df6b22a2ff2100")
GREEN = bytes.fromhex("5249464620000000574542505650384c140000002f0740010007d0ff88fe070082f0bf6d22a2ff21")
WIDTH, HEIGHT = 16, 12  # of the pictures that the thumbnails are of


def manifest(**changed) -> Manifest:
    usual = {
        "network": "synthetic",
        "weights": "ab" * 32,
        "preprocessing": "resize to 8, crop 8x8",
        "input_size": (3, 8, 8),
        "images": "drawn",
        "classes": CLASSES,
        "layers": LAYERS,
        "options": Options(top=4, sample=16, batch=4, positions=2),
        "features": FEATURES,
        "total": IMAGES,
        "versions": {"phosphene": "0.1.0"},
        "created": "2026-01-01T00:00:00Z",
    }
    return Manifest(**(usual | changed))


def broken(image: int) -> bool:
    return image % 13 == 5


def name(image: int) -> str:
    return f"{label(image)}/{image:03} <é>.jpg"


def label(image: int) -> str:
    return CLASSES[image % 2]


def fingerprint(end: int) -> str:
    return hashlib.sha256(" ".join(name(image) for image in range(end)).encode()).hexdigest()


def shard(number: int, size: int = SHARD, total: int = IMAGES, made: Manifest | None = None) -> Shard:
    first, end = number * size, min((number + 1) * size, total)
    good = [image for image in range(first, end) if not broken(image)]
    return Shard(
        number=number,
        first=first,
        end=end,
        fingerprint=fingerprint(end),
        seconds=0.5,
        images=[ImageRow(image, name(image), label(image), WIDTH, HEIGHT) for image in good],
        failures=[Failure(name(image), "it ends too early") for image in range(first, end) if broken(image)],
        state=state(end, made or manifest()),
    )


def shards(size: int = SHARD, total: int = IMAGES) -> Iterator[Shard]:
    return (shard(number, size, total) for number in range(-(-total // size)))


def state(end: int, made: Manifest) -> dict[str, dict[str, np.ndarray]]:
    return {layer.name: {array: _filled(made, layer, array, end) for array in ARRAYS} for layer in made.layers}


def _filled(made: Manifest, layer: LayerInfo, array: str, end: int) -> np.ndarray:
    shape = bounds(made, layer, array)
    numbers = np.arange(int(np.prod(shape))) * 37 + crc32(f"{layer.name} {array} {end}".encode())
    return (numbers % 101).reshape(shape).astype(ARRAYS[array].dtype)


# -- what is derived: multiples of 1/4 and exact sums, so that every machine computes the same ----------------------


def scanned() -> list[int]:
    return [image for image in range(IMAGES) if not broken(image)]


def peak(layer: LayerInfo, unit: int, image: int) -> float:
    """relu2:5 is dead, relu2:7 is the same as relu2:3, relu2:9 its opposite, relu2:0 likes dogs, pool is negative."""
    number = crc32(f"{layer.name} {3 if layer.name == 'relu2' and unit in (7, 9) else unit} {image}".encode()) % 29 / 4
    if layer.name == "pool":
        return number - 8
    if layer.name == "relu2" and unit in (0, 5, 9):
        return {0: number + 6 * (label(image) == "dog"), 5: 0.0, 9: 8 - number}[unit]
    return number


def peaks(layer: LayerInfo, unit: int) -> list[float]:
    return [peak(layer, unit, image) for image in scanned()]


def addresses() -> Iterator[tuple[LayerInfo, int]]:
    return ((layer, unit) for layer in LAYERS for unit in range(layer.units))


def units() -> Iterator[UnitRow]:
    for layer, unit in addresses():
        values = peaks(layer, unit)
        mean = fsum(values) / len(values)
        yield UnitRow(
            layer=layer.name,
            unit=unit,
            count=len(values),
            nonfinite=unit % 2,
            mean=mean,
            variance=fsum((value - mean) ** 2 for value in values) / len(values),
            minimum=min(values),
            maximum=max(values),
            positive=sum(value > 0 for value in values) / len(values),
            dead=len(set(values)) == 1,
            best_class=max(CLASSES, key=lambda each: auc(layer, unit, each)),
            best_auc=max(auc(layer, unit, each) for each in CLASSES),
            explained=None if layer.name == "pool" else unit / 16,
        )


def auc(layer: LayerInfo, unit: int, wanted: str) -> float:
    inside = [peak(layer, unit, image) for image in scanned() if label(image) == wanted]
    outside = [peak(layer, unit, image) for image in scanned() if label(image) != wanted]
    won = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return won / (len(inside) * len(outside))


def examples() -> Iterator[Example]:
    for layer, unit in addresses():
        ranked = sorted(scanned(), key=lambda image: (-peak(layer, unit, image), image))
        if len(set(peaks(layer, unit))) == 1:
            continue  # dead: there is nothing to show
        for rank, image in enumerate(ranked[:4]):
            yield Example(layer.name, unit, "top", rank, image, peak(layer, unit, image), 1, 2, (2.0, 0.0, 14.0, 12.0))
        for percent in (10, 50, 90):
            image = ranked[len(ranked) * (100 - percent) // 100]
            value = peak(layer, unit, image)
            yield Example(layer.name, unit, "quantile", percent, image, value, 0, 0, (0.0, 0.0, 8.0, 12.0))


def correlations() -> Iterator[CorrelationRow]:
    """Every pair twice, as seen from each of the two units."""
    for layer, unit in addresses():
        for other in range(layer.units):
            if other != unit and (r := correlation(peaks(layer, unit), peaks(layer, other))) is not None:
                yield CorrelationRow(layer.name, unit, other, r)


def correlation(a: list[float], b: list[float]) -> float | None:
    n = len(a)
    across, left, right = (
        n * sum(x * y for x, y in zip(u, v, strict=True)) - sum(u) * sum(v) for u, v in ((a, b), (a, a), (b, b))
    )
    return across / sqrt(left * right) if left * right else None


def classes() -> Iterator[ClassRow]:
    for layer, unit in addresses():
        for each in CLASSES:
            values = [peak(layer, unit, image) for image in scanned() if label(image) == each]
            yield ClassRow(layer.name, unit, each, fsum(values) / len(values), auc(layer, unit, each))


def visible() -> Iterator[VisibleRow]:
    for layer, unit in addresses():
        for number, feature in enumerate(FEATURES):
            r = (unit - 5) / 8 if number == 0 else (number - unit) / 16
            yield VisibleRow(layer.name, unit, feature, r, r * r / 2)


def thumbnails() -> Iterator[Thumbnail]:
    return (Thumbnail(image, RED_AND_BLUE if image % 3 else GREEN) for image in scanned())


def write(writer, size: int = SHARD) -> None:
    """Do what is left of the whole scan."""
    for number in range(writer.progress.shards, -(-IMAGES // size)):
        writer.commit(shard(number, size))
    if not writer.complete:
        writer.add_thumbnails(thumbnails())
        writer.finish(units(), examples(), correlations(), classes(), visible())
