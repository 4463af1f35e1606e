"""`Live`: questions about a network and a picture, by name, and their answers as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cached_property

from PIL import Image

from phosphene.errors import UsageError, did_you_mean
from phosphene.explore.live.asked import Asked
from phosphene.explore.live.bench import Bench
from phosphene.explore.live.cancelling import Ask, never
from phosphene.explore.live.hide import hide
from phosphene.explore.live.layer import layer
from phosphene.explore.live.over import over
from phosphene.explore.live.place import place
from phosphene.explore.live.predictions import predictions
from phosphene.explore.live.projections import projections
from phosphene.explore.live.tuning import tuning
from phosphene.explore.live.unit import unit
from phosphene.explore.site import Site

ANSWERS: Mapping[str, Callable[[Bench, Asked], object]] = {
    "predictions": predictions,
    "layer": layer,
    "unit": unit,
    "place": place,
    "hide": hide,
    "over": over,
    "projections": projections,
    "tuning": tuning,
}
WITHOUT = "there is no network here to ask; give the one that was scanned"


class Live:
    """Answers what takes the network. One question at a time; nothing of a question outlives its answer.

    Args:
        site: the atlas, and the network that was scanned.
        uploads: the pictures that a page may ask about besides those of the atlas, by name.
    """

    def __init__(self, site: Site, uploads: Mapping[str, Image.Image]) -> None:
        self._site, self._uploads = site, uploads

    def answer(self, name: str, asked: Mapping[str, str], cancelled: Ask = never) -> dict[str, object]:
        """Answer one question; what can be asked, and the keys of the answers, say the functions in `ANSWERS`.

        Pictures are ``data:`` addresses; what is not a finite number is None.

        Raises:
            UsageError: there is no network, no such answer, or a parameter that is missing or makes no sense.
            Cancelled: ``cancelled`` said so between two pieces of work.
        """
        if name not in ANSWERS:
            hint = did_you_mean(name, ANSWERS) or f"; there are {', '.join(ANSWERS)}"
            raise UsageError(f"there is no answer {name[:40]!r}{hint}")
        bench = replace(self._bench, cancelled=cancelled)
        bench.go_on()
        found = _plain(ANSWERS[name](bench, Asked(asked)))
        assert isinstance(found, dict)
        return found

    @cached_property
    def _bench(self) -> Bench:
        if self._site.net is None:
            raise UsageError(self._site.without or WITHOUT)
        return Bench.of(self._site.net, self._site.pictures, self._uploads)


def _plain(value: object) -> object:
    """Return an answer in what JSON has."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
