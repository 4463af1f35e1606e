"""What a page asks for, as text: every parameter is read here, or one sentence says what to send instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from phosphene.draw.scaling import Scale
from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network, Unit
from phosphene.project import Position
from phosphene.project.rules import RULES, UNPOOLS, Rule, Unpool

LONGEST = 1000
"""Characters of a value."""
PARAMETERS: Mapping[str, str] = {
    "image": "the number of a picture of the atlas, or the name that an uploaded picture was given",
    "unit": "an address such as relu1:8",
    "layer": "a layer's name such as relu1",
    "show": "what is drawn",
    "rule": "deconvnet, guided or gradient",
    "unpool": "switches or fill",
    "position": "peak, map, or a row and a column of the map such as 3,5",
    "scale": "tile or shared",
    "x": "a share of the picture's width from 0 to 1",
    "y": "a share of the picture's height from 0 to 1",
    "box": "x0,y0,x1,y1 as shares of the picture's sides, such as 0.25,0.25,0.75,0.5",
    "fill": "grey or blur",
    "choose": "top, typical, random or class",
    "class": "one of the classes of the images",
    "count": "a whole number",
    "seed": "a whole number",
}
"""Every parameter of any answer, and what it holds."""


@dataclass(frozen=True)
class Asked:
    """The parameters of one question.

    Raises:
        UsageError: a parameter that no answer has, or, when it is read, one that is missing or makes no sense.
    """

    given: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, value in self.given.items():
            if name not in PARAMETERS:
                hint = did_you_mean(name, PARAMETERS) or f"; there are {', '.join(PARAMETERS)}"
                raise UsageError(f"there is no parameter {name[:40]!r}{hint}")
            if len(value) > LONGEST:
                raise UsageError(f"{name} is longer than {LONGEST} characters; give {PARAMETERS[name]}")

    def text(self, name: str) -> str:
        """Return a parameter that must be there."""
        if not self.given.get(name):
            raise UsageError(f"{name} is missing; give {PARAMETERS[name]}")
        return self.given[name]

    def choice(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """Return one of ``known``."""
        if default is not None and not self.given.get(name):
            return default
        value = self.text(name)
        if value not in known:
            hint = did_you_mean(value, known) or f"; choose one of {', '.join(known)}"
            raise UsageError(f"there is no {name} {value!r}{hint}")
        return value

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``."""
        value = self.given.get(name) or str(default)
        if not re.fullmatch(r"\d{1,18}", value, re.ASCII) or not least <= int(value) <= most:
            raise UsageError(f"{name} is a whole number from {least} to {most}, not {value!r}")
        return int(value)

    def share(self, name: str) -> float:
        """Return a number from 0 to 1."""
        return _share(name, self.text(name))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) as shares of the picture's sides; never empty."""
        edges = self.text("box").split(",")
        if len(edges) != 4:
            raise UsageError(f"box has {len(edges)} numbers; give {PARAMETERS['box']}")
        x0, y0, x1, y1 = (_share("box", edge) for edge in edges)
        if x0 >= x1 or y0 >= y1:
            raise UsageError(f"the box {self.given['box']} is empty; give x0,y0,x1,y1 with x0 < x1 and y0 < y1")
        return x0, y0, x1, y1

    @property
    def rule(self) -> Rule:
        """How non-linearities send back."""
        return self.choice("rule", RULES, "deconvnet")  # type: ignore[return-value]

    @property
    def unpool(self) -> Unpool:
        """How max-pooling sends back."""
        return self.choice("unpool", UNPOOLS, "switches")  # type: ignore[return-value]

    @property
    def scale(self) -> Scale:
        """What pictures are divided by."""
        return self.choice("scale", get_args(Scale), "tile")  # type: ignore[return-value]

    def position(self, default: Position) -> Position:
        """Return what of a map is sent back."""
        value = self.given.get("position")
        if not value:
            return default
        if value in ("map", "peak"):
            return value  # type: ignore[return-value]
        match = re.fullmatch(r"(\d{1,9}),(\d{1,9})", value, re.ASCII)
        if match is None:
            hint = did_you_mean(value, ("map", "peak")) or f"; give {PARAMETERS['position']}"
            raise UsageError(f"there is no position {value!r}{hint}")
        return int(match[1]), int(match[2])

    def unit(self, net: Network) -> Unit:
        """Return the address of one unit."""
        unit = net.unit(self.text("unit"))
        if unit.index is None:
            raise UsageError(f"{unit.layer!r} is a whole layer; name one unit of it, such as '{unit.layer}:0'")
        return unit

    def layer(self, net: Network) -> str:
        """Return the name of a layer that the network has."""
        return net.layer(self.text("layer")).name


def _share(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise UsageError(f"{value!r} is not from 0 to 1; {name} is {PARAMETERS[name]}")
    return number
