"""What is to be as large as possible: a unit, one of its positions, a direction of a layer, or two units together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network, Unit

Position = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """A weighted sum of a layer's units, over the whole map (its mean) or at one position.

    Attributes:
        layer: the layer's name.
        weights: (units,) one weight for each unit of the layer.
        position: (row, column); None for the mean over all.
        unit: the unit that alone has weight, if it is one.
    """

    layer: str
    weights: Tensor
    position: Position | None = None
    unit: int | None = None

    def map(self, maps: Tensor) -> Tensor:
        """Return the weighted sum of maps (N, units, H, W): (N, H, W)."""
        if self.unit is not None:
            return maps[:, self.unit] * self.weights[self.unit].to(maps)
        return torch.einsum("c,nchw->nhw", self.weights.to(maps), maps)

    def value(self, maps: Tensor) -> Tensor:
        """Return what is to be raised, one number a picture: (N,)."""
        found = self.map(maps)
        return found.mean((1, 2)) if self.position is None else found[:, self.position[0], self.position[1]]


@dataclass(frozen=True)
class Objective:
    """A sum of parts, of one layer or of several; ``name`` says in words what it is."""

    parts: tuple[Part, ...]
    name: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that are looked at, each once."""
        return tuple(dict.fromkeys(part.layer for part in self.parts))

    @property
    def unit(self) -> Unit | None:
        """The one unit that it is about; None for directions and pairs."""
        part = self.parts[0]
        return Unit(part.layer, part.unit) if len(self.parts) == 1 and part.unit is not None else None

    def value(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Return what is to be raised, one number a picture: (N,)."""
        return torch.stack([part.value(maps[part.layer]) for part in self.parts]).sum(0)

    def peak(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Return the largest value of the map, (N,): summed over parts, each at its own strongest place."""
        return torch.stack([part.map(maps[part.layer]).amax((1, 2)) for part in self.parts]).sum(0)


def objective_of(
    net: Network,
    target: str | Unit | Sequence[str | Unit],
    position: str | Position | None = None,
    direction: Tensor | Sequence[float] | None = None,
    mix: float | None = None,
) -> Objective:
    """Return the objective that the arguments of `phosphene.dream` name.

    Raises:
        UsageError: they name none, or two at once.
    """
    targets = [target] if isinstance(target, str | Unit) else list(target)
    if not 1 <= len(targets) <= 2:
        raise UsageError(f"a picture is of one unit or of two, not of {len(targets)}; give each two units a call")
    if direction is not None:
        return _direction(net, targets, position, direction, mix)
    units = [net.unit(each) for each in targets]
    for unit in units:
        if unit.index is None:
            raise UsageError(f"{unit} is a whole layer; name a unit of it, such as '{unit}:0', or give a direction")
    if len(units) == 1:
        if mix is not None:
            raise UsageError("a mix is of two units; name a second one or leave the mix out")
        part = _of_unit(net, units[0], 1.0, position)
        return Objective((part,), f"{units[0]}{_where(part)}")
    return _pair(net, units, position, mix)


def _direction(
    net: Network, targets: list[str | Unit], position: str | Position | None, direction: object, mix: float | None
) -> Objective:
    unit = net.unit(targets[0])
    if len(targets) > 1 or unit.index is not None or mix is not None:
        raise UsageError(f"a direction is one of a whole layer; give it with {unit.layer!r} alone")
    layer = net.layer(unit.layer)
    weights = torch.as_tensor(direction, dtype=torch.float32, device="cpu").flatten()
    if len(weights) != layer.units or not bool(weights.isfinite().all()) or not bool(weights.any()):
        raise UsageError(
            f"a direction of {layer.name} is {layer.units} finite numbers, not all nought; {len(weights)} were given"
        )
    part = Part(layer.name, weights / weights.norm(), _position(net, unit, position))
    return Objective((part,), f"a direction of {layer.name}{_where(part)}")


def _pair(net: Network, units: list[Unit], position: str | Position | None, mix: float | None) -> Objective:
    if mix is not None and not 0 <= mix <= 1:
        raise UsageError(f"a mix of two units is a part from 0 (the first alone) to 1 (the second), not {mix:g}")
    shares = (1.0, 1.0) if mix is None else (1 - mix, mix)
    parts = tuple(_of_unit(net, unit, share, position) for unit, share in zip(units, shares, strict=True))
    names = [str(unit) if mix is None else f"{share:.0%} {unit}" for unit, share in zip(units, shares, strict=True)]
    return Objective(parts, f"{' + '.join(names)}{_where(parts[0])}")


def _of_unit(net: Network, unit: Unit, share: float, position: str | Position | None) -> Part:
    assert unit.index is not None
    weights = torch.zeros(net.layer(unit.layer).units)
    weights[unit.index] = share
    return Part(unit.layer, weights, _position(net, unit, position), unit.index)


def _position(net: Network, unit: Unit, position: str | Position | None) -> Position | None:
    if position is None:
        return None
    height, width = net.layer(unit.layer).size
    if position == "centre":
        return height // 2, width // 2
    if isinstance(position, str) or len(position) != 2:
        raise UsageError(f"there is no position {position!r}; type centre, or a row and a column of the map")
    row, column = position
    if not (0 <= row < height and 0 <= column < width):
        raise UsageError(f"position {row},{column} is outside the map of {unit.layer}: {height} rows, {width} columns")
    return row, column


def _where(part: Part) -> str:
    return "" if part.position is None else f" at {part.position[0]},{part.position[1]}"


def position_of(text: str) -> str | Position | None:
    """Read ``map``, ``centre`` or ``Y,X`` (row and column in the layer's map)."""
    if text == "map":
        return None
    match = re.fullmatch(r"(\d+),(\d+)", text)
    if match is not None:
        return int(match[1]), int(match[2])
    if text != "centre":
        hint = did_you_mean(text, ("map", "centre")) or "; type map, centre, or a row and a column such as 3,5"
        raise UsageError(f"there is no position {text!r}{hint}")
    return text
