"""The signals that projections start with: whole maps, peaks, single positions, or the caller's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from phosphene.axes import from_maps, to_maps
from phosphene.errors import UsageError
from phosphene.network import Unit
from phosphene.project.signal import Signal
from phosphene.project.window import HERE, Places, Window
from phosphene.tape import Event

Position = Literal["map", "peak"] | tuple[int, int]


@dataclass(frozen=True)
class Sources:
    """Signals at the layer, with the values (U, N) and the places (U, N, 2) they hold."""

    signal: Signal
    activation: Tensor
    places: Tensor

    def chunks(self, size: int) -> Iterator[Signal]:
        """Yield the signals of ``size`` units at a time."""
        units = self.activation.shape[0]
        if size >= units:
            yield self.signal
            return
        for start in range(0, units, size):
            yield self.signal.of_units(slice(start, start + size))


def selected(maps: Tensor, units: Sequence[Unit], position: Position) -> Sources:
    """Take the units' maps out of ``maps`` (N, C, H, W), and of them what ``position`` says."""
    count = maps.shape[1]
    indices = [unit.index for unit in units]
    all_in_order = indices == list(range(count))
    channel = torch.arange(count, device=maps.device) if all_in_order else torch.tensor(indices, device=maps.device)
    # What is sent back is worked on in place: never the model's own maps, nor the values that are told.
    copied = position == "map" or not all_in_order
    own = (maps.index_select(1, channel) if copied else maps).movedim(1, 0)  # (U, N, H, W)
    width = own.shape[-1]
    if isinstance(position, tuple):
        _check_position(position, (own.shape[-2], width))
        place = torch.full(own.shape[:2], position[0] * width + position[1], device=maps.device)
        activation = own[..., position[0], position[1]]
    elif position in ("map", "peak"):
        activation, place = own.flatten(2).max(2)
    else:
        raise UsageError(f"a position is 'map', 'peak' or (row, column), not {position!r}")
    places = torch.stack([place // width, place % width], dim=-1)
    if position == "map":
        return Sources(Signal(own.unsqueeze(2), channel), activation, places)
    point = activation.clone().reshape(*activation.shape, 1, 1, 1)
    return Sources(Signal(point, channel, Window(Places(places), HERE)), activation, places)


def _check_position(position: tuple[int, int], size: tuple[int, int]) -> None:
    if len(position) != 2 or not all(0 <= p < n for p, n in zip(position, size, strict=True)):
        raise UsageError(f"position {position} is outside the map of {size[0]} rows and {size[1]} columns")


def own_signal(maps: Tensor, signal: Tensor) -> Sources:
    """Take the caller's own signal, of the layer's shape."""
    if signal.shape != maps.shape:
        raise UsageError(f"a signal has the layer's shape {tuple(maps.shape)}, not {tuple(signal.shape)}")
    values = signal.to(maps).clone()[None]
    largest, place = values.flatten(2).max(2)
    inside = place % (maps.shape[2] * maps.shape[3])
    places = torch.stack([inside // maps.shape[3], inside % maps.shape[3]], dim=-1)
    return Sources(Signal(values), largest, places)


def arranged(signal: Signal, event: Event) -> Signal:
    """Bring a signal from maps to the layout of the layer's output."""
    if event.output.ndim == 4 and event.axis == 1:
        return signal
    shape = tuple(to_maps(event.output, event.axis).shape)
    return Signal(from_maps(signal.dense(shape), event.output, event.axis))
