"""Which pictures one unit is shown on: its strongest, typical ones, or drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from phosphene.atlas.thumbnails import LONGEST_SIDE
from phosphene.errors import UsageError, did_you_mean
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.network import Unit

WAYS = ("top", "typical", "random", "class")
LOWEST, HIGHEST = 10.0, 90.0
"""Per cent of the sample's peaks between which typical pictures are."""
ONLY_KEPT = "Only pictures that the atlas keeps whole can be shown; each is an example of some unit."


@dataclass(frozen=True)
class Chosen:
    """The pictures' numbers, and how they were chosen."""

    images: list[int]
    note: str


def chosen(bench: Bench, unit: Unit, asked: Asked, count: int) -> Chosen:
    """Choose ``count`` pictures, or as many as there are, of those that can be opened.

    Raises:
        UsageError: a layer that was not scanned (for strongest and typical pictures), or no such class.
    """
    way, seed = asked.choice("choose", WAYS, "top"), asked.whole("seed", 0, 0, 2**31 - 1)
    had = _kept(bench)
    if way == "top":
        return _strongest(bench, unit, count, had)
    if way == "typical":
        return _typical(bench, unit, count, had)
    return _drawn(bench, count, had, _label(bench, asked) if way == "class" else None, seed)


def _kept(bench: Bench) -> frozenset[int] | None:
    """Return the pictures that can be opened; None where it is all of them, or where opening one will say why not."""
    if bench.pictures.images is not None:
        return None
    rows = bench.atlas.query(
        "SELECT thumbnails.image FROM thumbnails JOIN images ON images.image = thumbnails.image "
        f"WHERE width <= {LONGEST_SIDE} AND height <= {LONGEST_SIDE}"
    )
    return frozenset(int(row[0]) for row in rows) or None


def _among(images: list[int], had: frozenset[int] | None) -> list[int]:
    return images if had is None else [image for image in images if image in had]


def _strongest(bench: Bench, unit: Unit, count: int, had: frozenset[int] | None) -> Chosen:
    """The unit's strongest pictures of all, and where more are asked for, the strongest others of the sample."""
    assert unit.index is not None
    best = [example.image for example in bench.atlas.unit(unit.layer, unit.index).examples]
    first = _among(best, had)[:count]
    peaks, images = bench.sample.peaks(unit.layer)[:, unit.index], bench.sample.images(unit.layer)
    order = np.lexsort((images, -peaks))[: np.isfinite(peaks).sum()]
    known = set(best)
    rest = _among([image for image in images[order].tolist() if image not in known], had)[: count - len(first)]
    said = f"The {len(first)} strongest of {bench.atlas.progress.scanned:,} pictures"
    said += f", then the strongest of a sample of {len(images):,}." if rest else "."
    left_out = "" if had is None or (len(first) == min(count, len(best)) and not rest) else f" {ONLY_KEPT}"
    return Chosen([*first, *rest], said + left_out)


def _typical(bench: Bench, unit: Unit, count: int, had: frozenset[int] | None) -> Chosen:
    """Pictures at even steps from 10 to 90 % of the sample's peaks; of those that can be opened the nearest to each."""
    bench.atlas.layer(unit.layer)
    peaks, images = bench.sample.peaks(unit.layer)[:, unit.index], bench.sample.images(unit.layer)
    rows = np.flatnonzero(np.isfinite(peaks))
    ranked = images[rows[np.lexsort((images[rows], peaks[rows]))]].tolist()
    free = [rank for rank, image in enumerate(ranked) if had is None or image in had]
    found: list[int] = []
    for percent in _steps(min(count, len(free))):
        wanted = round(percent / 100 * (len(ranked) - 1))
        nearest = min(free, key=lambda rank: abs(rank - wanted))
        free.remove(nearest)
        found.append(nearest)
    said = f"From 10 to 90 % of the unit's peaks on a sample of {len(ranked):,} pictures, in even steps."
    return Chosen([ranked[rank] for rank in sorted(found)], said if had is None else f"{said} {ONLY_KEPT}")


def _steps(count: int) -> list[float]:
    return np.linspace(LOWEST, HIGHEST, count).tolist() if count > 1 else [50.0] * count


def _drawn(bench: Bench, count: int, had: frozenset[int] | None, label: str | None, seed: int) -> Chosen:
    lot = Random(seed)
    if label is None and had is None:
        progress = bench.atlas.progress
        numbers = lot.sample(range(progress.done), min(progress.done, count + progress.failed))
        scanned = set(_numbers(bench, f"image IN ({', '.join(map(str, numbers))})"))  # the others were broken
        found, total = [number for number in numbers if number in scanned][:count], progress.scanned
    else:
        pool = sorted(had or ()) if label is None else _among(_numbers(bench, f"label = {_quoted(label)}"), had)
        found, total = lot.sample(pool, min(count, len(pool))), len(pool)
    said = f"Drawn at random (seed {seed}) from {total:,} pictures{f' of {label}' if label else ''}."
    return Chosen(found, said if had is None else f"{said} {ONLY_KEPT}")


def _label(bench: Bench, asked: Asked) -> str:
    label, classes = asked.text("class"), bench.atlas.manifest.classes
    if label not in classes:
        hint = did_you_mean(label, classes) or f"; there are {', '.join(classes[:12]) or 'none'}"
        raise UsageError(f"the images have no class {label[:40]!r}{hint}")
    return label


def _numbers(bench: Bench, where: str) -> list[int]:
    return [int(row[0]) for row in bench.atlas.query(f"SELECT image FROM images WHERE {where} ORDER BY image")]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
