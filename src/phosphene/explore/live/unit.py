"""One unit on one picture: where it answers, and what that looks like sent back to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench, url, url_or_none
from phosphene.explore.live.heat import overlay
from phosphene.explore.live.sending import Sending, held, note, patches
from phosphene.network import Unit
from phosphene.project.picture import NOT_ACTIVE, input_pictures, pictures


@dataclass(frozen=True)
class UnitAnswer:
    """What a unit does on a picture.

    Attributes:
        value: what is sent back: its peak, or its value at the position that was asked for.
        quantile: the share of the sample's pictures whose peak is lower.
        place: row and column of that value in the map.
        box: what that place sees, (x0, y0, x1, y1) as shares of the picture's sides.
        picture: what the network sees.
        map: its map, to lay over the picture.
        projection: the map or the place, sent back to pixels; None where nothing arrives.
        patch: the picture, cut to what the place sees.
        projected_patch: the projection, cut likewise.
        empty: whether nothing arrives at the pixels.
        rules_used: what every operation did on the way back, from the layer to the input.
    """

    value: float
    quantile: float
    place: tuple[int, int]
    box: tuple[float, float, float, float]
    picture: str
    map: str
    projection: str | None
    patch: str
    projected_patch: str | None
    empty: bool
    rules_used: tuple[str, ...]
    note: str


def unit(bench: Bench, asked: Asked) -> UnitAnswer:
    """Answer ``image``, ``unit``, ``rule``, ``unpool``, ``position``: the peak."""
    image, address = asked.text("image"), asked.unit(bench.net)
    assert address.index is not None
    sending = Sending.of(bench.net, asked, "peak")
    inputs, plane = bench.seeing.inputs(image), bench.seeing.maps(image, address.layer)[address.index]
    bench.go_on()
    sent = sending.back(inputs, [address])
    bench.go_on()
    y, x = sent.places[0, 0].tolist()
    lattice, value = bench.lattice(address.layer, plane, inputs), float(sent.activation[0, 0])
    lower = bench.sample.lower(address.layer, np.array([value]), address.index)
    (whole,), told = pictures(sent.pixels[0])
    patch, projected = patches(sent, bench.net)
    (cut,), _ = pictures(projected)
    return UnitAnswer(
        value=value,
        quantile=float(lower[0]),
        place=(y, x),
        box=lattice.shares((y, x)),
        picture=url(bench.seeing.shown(inputs)[0]),
        map=url(overlay(plane, lattice)),
        projection=url_or_none(whole),
        patch=url(input_pictures(patch.float())[0]),
        projected_patch=url_or_none(cut),
        empty=whole is None,
        rules_used=tuple(map(str, sent.rules_used)),
        note=note(f"Zero is mid-grey. {told}" if whole else _nothing(address, value), held(sent)),
    )


def _nothing(address: Unit, value: float) -> str:
    return f"{address} is {NOT_ACTIVE}." if isfinite(value) else f"What {address} is here is no finite number."
