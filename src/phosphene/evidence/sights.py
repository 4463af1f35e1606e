"""Units of a layer where they are strongest: the places at which every question about pixels is asked."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from phosphene.errors import UsageError
from phosphene.evidence.frames import Frames, around, field_of, whole
from phosphene.network import Layer, Network, Unit
from phosphene.project import HeldFixedWarning, project
from phosphene.project.rules import Way

AT_ONCE = 2**18  # values of input in one forward pass: more leaves the processor's cache
CHECKED = 16  # sights, about, at which cuts are compared with whole pictures a second time
OTHERS = 4  # other active units that a unit's picture is compared with, at most


@dataclass(frozen=True)
class Sent:
    """Pictures of the same places, sent back one way: ``own`` (P, C, h, w) and of ``others`` (P, O, C, h, w)."""

    own: Tensor
    others: Tensor


@dataclass(frozen=True, eq=False)
class Sights:
    """Units of one layer, each at the place where it is strongest in each of its pictures: P = U * N sights.

    Attributes:
        net: the network.
        layer: the units' layer.
        units: the U units.
        images: (M, C, H, W) the network's inputs.
        row: (P,) which of ``images`` each sight is in; units outermost.
        channel: (P,) the sight's unit, by its index.
        place: (P, 2) row and column in the map: the first of the largest values.
        value: (P,) the activation there.
        beside: (P, K) what all units of the layer do at that place.
        frames: the part of each picture that decides the activation.
        others: (P, O) other units that are active at that place, drawn at random; -1 where there are no more.
        seed: of every draw.
    """

    net: Network
    layer: Layer
    units: tuple[Unit, ...]
    images: Tensor
    row: Tensor
    channel: Tensor
    place: Tensor
    value: Tensor
    beside: Tensor
    frames: Frames
    others: Tensor
    seed: int = 0
    _kept: dict[Way, Sent] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """The number N of pictures of each unit."""
        return len(self.row) // len(self.units)

    @property
    def active(self) -> Tensor:
        """Which sights have something to ask about, (P,): not where the activation is nought or no number."""
        return self.value.isfinite() & (self.value != 0)

    @property
    def crops(self) -> Tensor:
        """The pictures, cut to what decides the activation: (P, C, h, w)."""
        return self.frames.cut(self.images, self.row)

    def by_unit(self, values: Tensor) -> Tensor:
        """Arrange values of sights (P, ...) by unit, (U, N, ...); NaN where it is not active or they are not finite."""
        known = self.active.reshape(-1, *[1] * (values.ndim - 1)) & values.isfinite()
        values = torch.where(known, values.double(), torch.nan)
        return values.reshape(len(self.units), self.count, *values.shape[1:]).cpu()

    def generator(self) -> torch.Generator:
        """Return a source of random numbers that begins anew with the seed."""
        return torch.Generator().manual_seed(self.seed)

    def response(self, crops: Tensor, which: Tensor | None = None) -> Tensor:
        """Return the activation with other crops in the sights' stead: B for each of P (or of those in ``which``).

        ``crops`` is (P, B, C, h, w), the result (P, B).
        """
        which = torch.arange(len(crops), device=crops.device) if which is None else which
        each = which.repeat_interleave(crops.shape[1])
        flat = responses(self.net, self.layer.name, crops.flatten(0, 1), self.channel[each], self.frames.place[each])
        return flat.reshape(crops.shape[:2])

    def vectors(self, channel: Tensor, value: Tensor) -> Tensor:
        """Return what to send back (B, K): ``value`` in one unit, ``channel``, each."""
        signal = torch.zeros(len(channel), self.beside.shape[1], device=value.device, dtype=self.images.dtype)
        return signal.scatter_(1, channel[:, None], value[:, None].to(signal))

    def pictures(self, way: Way) -> Sent:
        """Send every sight back to pixels, and the other units at the same place; made once for each way."""
        if way not in self._kept:
            self._kept[way] = self._sent(way)
        return self._kept[way]

    def _sent(self, way: Way) -> Sent:
        crops, place = self.crops, self.frames.place
        own = send(self.net, self.layer.name, crops, self.vectors(self.channel, self.value), place, way)
        others = own.new_zeros(*self.others.shape, *own.shape[1:])
        sight, which = (self.others >= 0).nonzero(as_tuple=True)
        if len(sight):
            channel = self.others[sight, which]
            signal = self.vectors(channel, self.beside[sight, channel])
            others[sight, which] = send(self.net, self.layer.name, crops[sight], signal, place[sight], way)
        return Sent(own, others)

    def with_model(self, model: nn.Module) -> Sights:
        """Return the same sights of a model with other weights; their values and places stay."""
        net = copy.copy(self.net)
        net.model = model
        return replace(self, net=net, _kept={})


# -- finding the sights ------------------------------------------------------------------------------------------


def sight(net: Network, units: Sequence[Unit], inputs: Tensor, seed: int = 0) -> Sights:
    """Find where ``units`` of one layer are strongest.

    Args:
        net: the network.
        units: addresses in one layer.
        inputs: the model's own inputs, (N, C, H, W) that all units share, or (U, N, C, H, W) with each unit's own.
        seed: of every random draw that is made at these sights.

    Raises:
        UsageError: units of several layers, or inputs that do not fit.
    """
    units = tuple(units)
    layer = _layer_of(net, units)
    shared = inputs.ndim == 4
    if not shared and (inputs.ndim != 5 or len(inputs) != len(units)):
        raise UsageError(f"inputs are (N, C, H, W) or (units, N, C, H, W), not of shape {tuple(inputs.shape)}")
    images = net.prepare(inputs if shared else inputs.flatten(0, 1))
    count = len(images) if shared else inputs.shape[1]
    row = torch.arange(len(images), device=images.device).repeat(len(units) if shared else 1)
    indices = torch.tensor([net.unit(unit).index for unit in units], device=images.device)
    found = _Found.of(net, layer, images, row, indices.repeat_interleave(count))
    others = _others(found, torch.Generator().manual_seed(seed))
    return Sights(
        net, layer, units, images, row, found.channel, found.place, found.value, found.beside,
        _frames(net, layer, images, row, found), others, seed,
    )  # fmt: skip


def _layer_of(net: Network, units: Sequence[Unit]) -> Layer:
    if not units or len({unit.layer for unit in units}) > 1 or any(unit.index is None for unit in units):
        raise UsageError("evidence is gathered for units of one layer at a time, each named as LAYER:INDEX")
    return net.layer(units[0].layer)


@dataclass(frozen=True)
class _Found:
    channel: Tensor
    place: Tensor
    value: Tensor
    beside: Tensor

    @classmethod
    def of(cls, net: Network, layer: Layer, images: Tensor, row: Tensor, channel: Tensor) -> _Found:
        """Look for the places image by image, so that maps are held of a few images only."""
        parts, order = [], []
        for part in chunks(images):
            maps = net.record(images[part], layer.name)[layer.name]
            here = ((row >= part.start) & (row < part.stop)).nonzero()[:, 0]
            own = maps[row[here] - part.start, channel[here]]
            flat = own.flatten(1).nan_to_num(nan=-torch.inf)
            spot = flat.argmax(1)
            place = torch.stack([spot // own.shape[2], spot % own.shape[2]], 1)
            beside = maps[row[here] - part.start, :, place[:, 0], place[:, 1]]
            parts.append((place, own.flatten(1).gather(1, spot[:, None])[:, 0], beside))
            order.append(here)
        back = torch.cat(order).argsort()
        place, value, beside = (torch.cat(tensors)[back] for tensors in zip(*parts, strict=True))
        return cls(channel, place, value, beside)


def _frames(net: Network, layer: Layer, images: Tensor, row: Tensor, found: _Found) -> Frames:
    """Return the smallest cuts that give the same activations; whole pictures where cuts would not."""
    size = (images.shape[2], images.shape[3])
    cut = around(layer, found.place, size)
    if cut.size == size:
        return cut
    some = torch.arange(0, len(row), 1 + len(row) // CHECKED, device=row.device)
    turned = images.flip(2, 3)  # other pictures, so that nothing agrees by chance
    with suppress(RuntimeError, IndexError, UsageError):  # a model may refuse other sizes
        values = responses(net, layer.name, cut.cut(images, row), found.channel, cut.place)
        others = responses(net, layer.name, cut.cut(turned, row)[some], found.channel[some], cut.place[some])
        expected = responses(net, layer.name, turned[row[some]], found.channel[some], found.place[some])
        near = 1e-4 * float(found.value.abs().nan_to_num(posinf=0).max())
        if _close(values, found.value, near) and _close(others, expected, near):
            return cut
    return whole(layer, found.place, size)


def _close(a: Tensor, b: Tensor, near: float) -> bool:
    return torch.allclose(a, b, rtol=1e-3, atol=near, equal_nan=True)


def _others(found: _Found, generator: torch.Generator) -> Tensor:
    """Draw other active units at each place, (P, O), -1 where there are no more."""
    beside = found.beside.cpu().clone()
    beside[torch.arange(len(beside)), found.channel.cpu()] = torch.nan
    active = beside > 0
    lone = ~active.any(1, keepdim=True)  # a layer whose units can be negative
    active |= lone & (beside < 0)
    drawn = torch.rand(beside.shape, generator=generator).masked_fill_(~active, -1)
    chance, channel = drawn.topk(min(OTHERS, beside.shape[1]), 1)
    return torch.where(chance >= 0, channel, -1).to(found.channel)


# -- asking the network ------------------------------------------------------------------------------------------


def chunks(inputs: Tensor, at_once: int = AT_ONCE) -> Iterator[slice]:
    """Yield the parts of a batch (B, C, H, W) that go through the network at a time."""
    size = max(1, at_once // max(1, inputs[:1].numel()))
    for start in range(0, len(inputs), size):
        yield slice(start, min(start + size, len(inputs)))


def responses(net: Network, layer: str, inputs: Tensor, channel: Tensor, place: Tensor) -> Tensor:
    """Return the activation of unit ``channel`` at ``place`` for each of ``inputs`` (B, C, H, W): (B,)."""
    found = []
    for part in chunks(inputs):
        batch = inputs[part].contiguous(memory_format=torch.channels_last)
        maps = net.record(batch, layer)[layer]
        found.append(maps[torch.arange(len(maps)), channel[part], place[part, 0], place[part, 1]])
    return torch.cat(found)


def send(net: Network, layer: str, inputs: Tensor, signal: Tensor, place: Tensor, way: Way) -> Tensor:
    """Send ``signal`` (B, K), one value for each unit at ``place`` (B, 2), back to pixels: (B, C, h, w).

    The switches and slopes are those of ``inputs`` (B, C, h, w).
    """
    sent = []
    size = net.record(inputs[:1], layer)[layer].shape[2:]
    for part in chunks(inputs, AT_ONCE // 4):
        planes = signal.new_zeros(part.stop - part.start, signal.shape[1], *size)
        planes[torch.arange(len(planes)), :, place[part, 0], place[part, 1]] = signal[part]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeldFixedWarning)  # the card is not the place: `project` says it
            sent.append(project(net, inputs[part], layer, way.rule, way.unpool, signal=planes).pixels[0])
    return torch.cat(sent)


def seen(sights: Sights) -> Tensor:
    """Return what each sight sees of its whole picture, (P, 4): top, left, bottom, right."""
    size = (sights.images.shape[2], sights.images.shape[3])
    return field_of(sights.layer, sights.place, size)
