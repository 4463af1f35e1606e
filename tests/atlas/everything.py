"""All that a reader can get out of an atlas, to compare two of them."""

from __future__ import annotations

from phosphene.atlas.reading import Atlas
from phosphene.atlas.schema import TABLES, VIEW_NAMES


def everything(atlas: Atlas) -> dict[str, object]:
    """Return the whole of an atlas as plain values."""
    arrays = {key: atlas.array(*key) for key in atlas.arrays()}
    images = list(atlas.images)
    units = [unit for layer in atlas.layers for unit in atlas[layer.name]] if atlas.complete else []
    pictures = [atlas.thumbnail(image.index) for image in images]
    return {
        "manifest": atlas.manifest,
        "progress": atlas.progress,
        "hash": atlas.content_hash(),
        "failures": atlas.failures,
        "images": images,
        "units": [told(unit) for unit in units],
        "evidence": [repr(unit.evidence) for unit in units],  # NaN is not equal to itself
        "rows": {name: atlas.query(f"SELECT * FROM {name}").rows for name in (*VIEW_NAMES, *names())},
        "dreams": [(repr(dream), dream.picture.tobytes()) for unit in units for dream in unit.dreams],
        "arrays": {key: (array.dtype.str, array.shape, array.tobytes()) for key, array in arrays.items()},
        "thumbnails": [picture and (picture.size, picture.tobytes()) for picture in pictures],
    }


def names() -> list[str]:
    return [table.name for table in TABLES if table.name not in ("blobs", "thumbnails")]


def told(unit) -> tuple[object, ...]:
    return unit.stats, unit.examples, unit.typical, unit.classes, unit.correlated, unit.visible
