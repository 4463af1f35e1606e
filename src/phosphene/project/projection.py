"""What a unit's feature map looks like sent back to pixels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from phosphene.axes import to_maps
from phosphene.draw.scaling import Scale
from phosphene.errors import UsageError, did_you_mean
from phosphene.graph import entrance, trace
from phosphene.memory import allowance
from phosphene.network import Network, Unit
from phosphene.preprocessing import Scale as InputScale
from phosphene.project.chunks import units_at_once
from phosphene.project.picture import sheet_of
from phosphene.project.room import gathered
from phosphene.project.rules import RULES, UNPOOLS, Rule, Treatment, Unpool, Way
from phosphene.project.start import Position, arranged, own_signal, selected
from phosphene.project.walk import Route, Used, fill_names
from phosphene.tape import Event, run


class HeldFixedWarning(UserWarning):
    """Some operations have no rule of their own and went back by their gradient, other factors held fixed."""


@dataclass(frozen=True)
class Projection:
    """Units sent back to pixels.

    Attributes:
        units: the addresses, in the order of the first dimension below.
        signal: (units, images, C, H, W) in the model's input units.
        activation: (units, images) the value sent back: the map's peak, or the value at the chosen position.
        places: (units, images, 2) row and column of that value in the map.
        rules_used: what every operation on the way did, from the layer to the input.
        inputs: (images, C, H, W) what the model saw, as picture values.
        way: the rule and the un-pooling.
        position: what was sent back of each map.
        input_scale: from picture values to input values.
        memory: bytes that signals may take: larger results are kept in a file.
    """

    units: tuple[Unit, ...]
    signal: Tensor
    activation: Tensor
    places: Tensor
    rules_used: tuple[Used, ...]
    inputs: Tensor
    way: Way
    position: Position | Literal["signal"]
    input_scale: InputScale
    memory: int

    @cached_property
    def pixels(self) -> Tensor:
        """`signal` with the preprocessing's scale undone (values of 0..1 pictures); made when first asked for."""
        if self.input_scale.is_identity or self.signal.numel() * self.signal.element_size() <= self.memory:
            return self.input_scale.to_pixels(self.signal)
        return gathered(map(self.input_scale.to_pixels, torch.split(self.signal, 1)), len(self.signal), self.memory)

    def sheet(
        self, scale: Scale = "tile", columns: int | None = None, theme: str = "light", dpi: int = 150
    ) -> Image.Image:
        """Draw every unit on every image as one picture; each tile says its unit and value."""
        return sheet_of(self, scale, columns).image(theme, dpi)

    def _repr_html_(self) -> str:
        from phosphene.project.notebook import projection_html

        return projection_html(self)

    def _repr_png_(self) -> bytes:
        return sheet_of(self).encoded(".png")


def project(
    net: Network,
    images: object,
    units: str | Unit | Sequence[str | Unit],
    rule: Rule = "deconvnet",
    unpool: Unpool = "switches",
    position: Position = "map",
    signal: Tensor | None = None,
    strict: bool = False,
    memory: int | None = None,
) -> Projection:
    """Send units of one layer back to the pixels of each image (Zeiler & Fergus 2013, section 2.1).

    Args:
        net: the network.
        images: a float tensor (N, C, H, W) is taken as the model's own input; a path, a picture or a list of either
            goes through the network's preprocessing.
        units: ``"conv2:9"``, ``"conv2"`` for all its units, or a list of addresses in one layer.
        rule: ``"deconvnet"``, ``"guided"`` or ``"gradient"``.
        unpool: ``"switches"`` (recorded positions) or ``"fill"`` (whole windows).
        position: ``"map"`` keeps the unit's whole map, ``"peak"`` only its maximum (the first in row-major order on
            ties), ``(y, x)`` only that position.
        signal: a tensor of the layer's shape (N, C, H, W) to send back instead; ``units`` then names the layer only.
        strict: raise instead of warning where an operation has no rule of its own.
        memory: bytes that signals may take; units are sent back in chunks that fit, and a result that does not fit is
            kept in a temporary file (in ``TMPDIR``), mapped into memory as it is read. None: half of what is free, of
            main memory at most 2 GB.

    Raises:
        UsageError: an unknown layer, unit, rule, un-pooling or position, or images that do not fit.
        PhospheneError: a result larger than ``memory``, and no room on the disk either.
    """
    way = _checked_way(rule, unpool)
    chosen = _checked_units(net, units, signal)
    x = net.prepare(images)
    start, event, route = _forward(net, x, chosen[0].layer)
    used = tuple(route.rules_used(way))
    _warn_of_held(used, way, strict)
    with torch.no_grad():
        maps = to_maps(event.output, event.axis)
        sources = own_signal(maps, signal) if signal is not None else selected(maps, chosen, position)
        count = sources.activation.shape[0]
        budget = allowance(start.device, memory)
        at_once = units_at_once(route, start, sources.signal.window, count, budget)
        parts = (route.back(arranged(part, event), way, tuple(start.shape)) for part in sources.chunks(at_once))
        total = gathered(parts, count, budget)
    return Projection(
        units=chosen,
        signal=total,
        activation=sources.activation,
        places=sources.places,
        rules_used=used,
        inputs=net.scale.to_picture(x),
        way=way,
        position="signal" if signal is not None else position,
        input_scale=net.scale,
        memory=budget,
    )


# -- what was asked for ------------------------------------------------------------------------------------------


def _checked_way(rule: str, unpool: str) -> Way:
    for value, known, what in ((rule, RULES, "rule"), (unpool, UNPOOLS, "un-pooling")):
        if value not in known:
            hint = did_you_mean(str(value), known) or f"; choose one of {', '.join(known)}"
            raise UsageError(f"there is no {what} {value!r}{hint}")
    return Way(rule, unpool)  # type: ignore[arg-type]


def _checked_units(net: Network, units: str | Unit | Sequence[str | Unit], signal: Tensor | None) -> tuple[Unit, ...]:
    asked = [units] if isinstance(units, str | Unit) else list(units)
    if not asked:
        raise UsageError("no unit was named; type an address such as 'conv2:9'")
    found = [net.unit(address) for address in asked]
    if len({unit.layer for unit in found}) > 1:
        raise UsageError("units that are projected together lie in one layer; call once for each layer")
    if signal is not None:
        return (Unit(found[0].layer),)
    addresses = net.layer(found[0].layer).addresses
    return tuple(chain.from_iterable(addresses if unit.index is None else [unit] for unit in found))


# -- forward -----------------------------------------------------------------------------------------------------


def _forward(net: Network, x: Tensor, layer: str) -> tuple[Tensor, Event, Route]:
    """Run the model to ``layer`` with autograd recording; returns the entry, the layer's event and the way back."""
    start = entrance(x)
    found: list[Event] = []

    def stop_at_layer(event: Event) -> bool:
        if event.name == layer:
            found.append(event)
        return bool(found)

    with torch.enable_grad():
        tape = run(net.model, start, stop_at_layer)
    if not found:
        raise UsageError(f"{net.name} does not come by {layer!r} on an input of size {tuple(x.shape[2:])}")
    output = found[0].output
    if output.grad_fn is None or start.grad_fn is None:
        raise UsageError(f"{layer!r} cannot be projected: the model cuts it off from its input (detach or no_grad)")
    graph = trace(output.grad_fn, start.grad_fn)
    names = fill_names(graph, tape.names, output.grad_fn, layer)
    return start, found[0], Route(graph, output.grad_fn, output.output_nr, names, frozenset(tape.held))


def _warn_of_held(used: Sequence[Used], way: Way, strict: bool) -> None:
    if way.rule == "gradient":
        return
    held = list(dict.fromkeys(u.layer for u in used if u.treatment == Treatment.HELD))
    if not held:
        return
    shown = ", ".join(held[:6]) + (f" and {len(held) - 6} more" if len(held) > 6 else "")
    message = f"{way.rule} has no rule for {shown}: sent back by the gradient with the other factors held fixed"
    if strict:
        raise UsageError(f"{message}; leave out strict=True to accept that")
    warnings.warn(message, HeldFixedWarning, stacklevel=3)
