"""A network, its layers and the addresses of its units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.autograd.graph import Node

from phosphene.axes import to_maps
from phosphene.errors import UsageError, did_you_mean
from phosphene.fields import views
from phosphene.geometry import View
from phosphene.graph import entrance, trace
from phosphene.preprocessing import Preprocessing, Scale, measured_scale
from phosphene.tape import Event, borrowed, run


@dataclass(frozen=True)
class Unit:
    """The address of one unit, ``layer:index``, or of all units of a layer (index None). Counted from 0."""

    layer: str
    index: int | None = None

    @classmethod
    def parse(cls, address: str | Unit) -> Unit:
        """Read an address such as ``"relu2:8"`` or ``"relu2"``."""
        if isinstance(address, Unit):
            return address
        match = re.fullmatch(r"([^:]+?)(?::(\d+))?", address.strip())
        if match is None:
            raise UsageError(f"{address!r} is no unit's address; type LAYER:INDEX, counted from 0, such as 'conv2:9'")
        return cls(match[1], None if match[2] is None else int(match[2]))

    def __str__(self) -> str:
        return self.layer if self.index is None else f"{self.layer}:{self.index}"


@dataclass(frozen=True)
class Layer:
    """One named operation whose output is a stack of feature maps.

    Attributes:
        name: dotted module path, as in torchvision's feature extraction.
        kind: the operation's name in PyTorch.
        units: the number of feature maps.
        size: (H, W) of each map, for an input of the network's size.
        view: what a position sees of the input, by rows and columns; None where that may be everything.
    """

    name: str
    kind: str
    units: int
    size: tuple[int, int]
    view: View | None

    @cached_property
    def addresses(self) -> tuple[Unit, ...]:
        """The addresses of its units, in order."""
        return tuple(Unit(self.name, index) for index in range(self.units))

    @property
    def stride(self) -> tuple[float, float] | None:
        """Input pixels between neighbouring positions, (rows, columns); None where a position may see everything."""
        return None if self.view is None else (float(self.view.rows.stride), float(self.view.columns.stride))

    @property
    def receptive_field(self) -> tuple[int, int] | None:
        """(H, W) in input pixels of what a position can see, not cut to the picture; None: the whole image."""
        return None if self.view is None else (self.view.rows.size, self.view.columns.size)


class Network:
    """A PyTorch model with what is needed to show it pictures.

    Args:
        model: any ``nn.Module`` that takes one tensor (N, C, H, W). It is never changed.
        preprocess: from a PIL picture to a float tensor (C, H, W). None: resize to ``input_size``, scale to 0..1.
        classes: names of the model's outputs.
        input_size: (C, H, W).
        name: how the network is called in figures.
    """

    def __init__(
        self,
        model: nn.Module,
        preprocess: Callable[[Image.Image], Tensor] | None = None,
        classes: Sequence[str] | None = None,
        input_size: tuple[int, int, int] = (3, 32, 32),
        name: str = "network",
    ) -> None:
        if not isinstance(model, nn.Module):
            raise UsageError(f"a network is made from an nn.Module, not from {type(model).__name__}")
        self.model = model
        self.input_size = tuple(input_size)
        self.classes = None if classes is None else tuple(classes)
        self.name = name
        self._given_preprocess = preprocess
        self.preprocess = preprocess or _plain(input_size)
        self._layers: list[Layer] | None = None

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {type(self.model).__name__}, input {'x'.join(map(str, self.input_size))})"

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        weight = self._weight
        return torch.device("cpu") if weight is None else weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the model's weights."""
        weight = self._weight
        return torch.get_default_dtype() if weight is None else weight.dtype

    @property
    def _weight(self) -> Tensor | None:
        tensors = chain(self.model.parameters(), self.model.buffers())
        return next((t for t in tensors if t.is_floating_point()), None)

    @cached_property
    def scale(self) -> Scale:
        """From picture values (0..1) to input values; measured from the preprocessing, identity without one."""
        channels, height, width = self.input_size
        if self._given_preprocess is None:
            return Scale(torch.ones(channels), torch.zeros(channels))
        return measured_scale(self.preprocess, (height, width))

    # -- layers --------------------------------------------------------------------------------------------------

    def layers(self) -> list[Layer]:
        """Return the layers in the order they are computed, for an input of ``input_size``."""
        if self._layers is None:
            self._layers = self._find_layers()
        return list(self._layers)

    def layer(self, name: str) -> Layer:
        """Return the layer called ``name``; raises `UsageError` with the nearest name if there is none."""
        for layer in self.layers():
            if layer.name == name:
                return layer
        hint = did_you_mean(name, [layer.name for layer in self.layers()])
        raise UsageError(f"{self.name} has no layer {name!r}{hint or '; `phosphene layers` lists them'}")

    def unit(self, address: str | Unit) -> Unit:
        """Return the checked address of a unit or of a whole layer; raises `UsageError` if there is no such unit."""
        unit = Unit.parse(address)
        units = self.layer(unit.layer).units
        if unit.index is not None and unit.index >= units:
            raise UsageError(f"{unit.layer} has units 0 to {units - 1}, so there is no unit {unit.index}")
        return unit

    def _find_layers(self) -> list[Layer]:
        events: list[Event] = []
        start = entrance(torch.zeros(1, *self.input_size, device=self.device, dtype=self.dtype))
        entry = start.grad_fn
        assert entry is not None

        def keep(event: Event) -> bool:
            events.append(event)
            nodes.append(event.output.grad_fn)
            return False

        nodes: list[Node | None] = []
        try:
            with torch.enable_grad():
                run(self.model, start, keep)
        except (RuntimeError, AssertionError, ValueError) as error:
            size = "x".join(map(str, self.input_size))
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UsageError(f"{self.name} cannot take an input of {size} ({said}); give its input_size") from error
        seen: dict[Node, View | None] = {}
        for node in reversed(nodes):
            if node is not None and node not in seen:
                seen.update(views(trace(node, entry)))
        return [_described(event, seen.get(node) if node else None) for event, node in zip(events, nodes, strict=True)]

    # -- pictures in, maps out -----------------------------------------------------------------------------------

    def prepare(self, images: object) -> Tensor:
        """Turn ``images`` into the model's input (N, C, H, W) on its device.

        A float tensor of that shape is taken as it is; a path, a PIL picture, a `Picture`, or a list or set of any of
        these goes through the network's preprocessing.
        """
        if isinstance(images, Tensor):
            return self._checked(images)
        batch = list(images) if isinstance(images, Iterable) and not isinstance(images, str | bytes) else [images]
        if not batch:
            raise UsageError("there are no images; give a path, a picture, a list of them or a tensor (N, C, H, W)")
        prepared = [self.preprocess(_opened(image)) for image in batch]
        return self._checked(torch.stack(prepared))

    def _checked(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or not x.is_floating_point() or not len(x):
            shape = tuple(x.shape)
            raise UsageError(f"images as a tensor are float, (N, C, H, W), not {x.dtype} of shape {shape}")
        if x.shape[1] != self.input_size[0]:
            raise UsageError(f"{self.name} takes {self.input_size[0]} channels, but the images have {x.shape[1]}")
        weight = self._weight
        return x if weight is None else x.to(weight)

    def record(self, images: object, layers: str | Sequence[str]) -> dict[str, Tensor]:
        """Return the feature maps {name: (N, C, H, W)} of the named layers; the run ends at the last of them."""
        wanted = [layers] if isinstance(layers, str) else list(layers)
        for name in wanted:
            self.layer(name)
        maps: dict[str, Tensor] = {}

        def keep(event: Event) -> bool:
            if event.name in wanted:
                maps[event.name] = to_maps(event.output, event.axis).clone()
            return len(maps) == len(set(wanted))

        with torch.no_grad():
            run(self.model, self.prepare(images).clone(), keep)
        return {name: maps[name] for name in wanted}

    def scores(self, images: object) -> Tensor:
        """Return the model's output (N, classes) for ``images``."""
        with torch.no_grad(), borrowed(self.model):
            output: Tensor = self.model(self.prepare(images).clone())
        return output


def _plain(input_size: tuple[int, int, int]) -> Preprocessing:
    channels, height, width = input_size
    return Preprocessing((height, width), (0.0,) * channels, (1.0,) * channels)


def _opened(image: object) -> Image.Image:
    from phosphene.sources.images import Picture
    from phosphene.sources.images import images as open_images

    if isinstance(image, Image.Image):
        return image
    if isinstance(image, Picture):
        return image.open()
    if isinstance(image, str | Path):
        return open_images(image)[0].open()
    raise UsageError(f"an image is a path, a PIL picture or a tensor (N, C, H, W), not {type(image).__name__}")


def _described(event: Event, view: View | None) -> Layer:
    _, units, height, width = to_maps(event.output, event.axis).shape
    return Layer(event.name, event.kind, units, (height, width), view)
