"""What the analyses ask of a network in the same way: pictures in batches, probabilities, the true class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from PIL import Image
from torch import Tensor

from phosphene.axes import to_maps
from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.network import Network, Unit
from phosphene.preprocessing import Preprocessing
from phosphene.sources.images import ImageSet
from phosphene.sources.images import images as open_images
from phosphene.sources.picture import Picture
from phosphene.tape import Event, Tape, borrowed

VALUES = 2**20
"""Values of input in one forward pass of many pictures."""
_WORDNET = re.compile(r"^n\d{8}_")  # what ImageNet's files begin with


def batches(net: Network, images: object, limit: int) -> Iterator[tuple[Tensor, int]]:
    """Yield the first ``limit`` of ``images`` as inputs (n, C, H, W), a few at a time, and how many there will be.

    Broken pictures are passed over. A tensor (N, C, H, W) is taken as the network's own input. A network of other than
    1 or 3 channels without a preprocessing of its own is shown the picture in grey, the same in each channel.

    Raises:
        UsageError: there is nothing of that name.
        PhospheneError: none of the pictures can be read.
    """
    channels, height, width = net.input_size
    few = max(1, VALUES // (channels * height * width))
    if isinstance(images, Tensor):
        inputs = net.prepare(images)[:limit]
        yield from ((inputs[start : start + few], len(inputs)) for start in range(0, len(inputs), few))
        return
    found = open_images(images)  # type: ignore[arg-type]
    readable = islice(found.readable(), limit)
    total, none = min(len(found), limit), True
    while part := [picture for _, picture in islice(readable, few)]:
        none = False
        yield _inputs(net, part), total
    if none:
        raise PhospheneError(f"no picture of {found.name} can be read; give another folder or file")


def _inputs(net: Network, pictures: list[Image.Image]) -> Tensor:
    channels, height, width = net.input_size
    if channels in (1, 3) or not isinstance(net.preprocess, Preprocessing):
        return net.prepare(pictures)
    grey = Preprocessing((height, width), (0.0,), (1.0,))
    return net.prepare(torch.stack([grey(picture) for picture in pictures]).expand(-1, channels, -1, -1))


def probabilities(output: Tensor) -> Tensor:
    """Return a model's output (N, K), its logits, as probabilities: their softmax, in float64."""
    if output.ndim != 2 or output.shape[1] < 2:
        shape = tuple(output.shape)
        raise UsageError(f"class probabilities need an output (N, classes); this network's is {shape}")
    return output.double().softmax(1)


def run_whole(net: Network, inputs: Tensor, layers: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the model's output and the maps (N, K, H, W) of some of its layers by name, in one forward pass.

    Raises:
        UsageError: the run does not come by one of the layers.
    """
    found: dict[str, Tensor] = {}

    def keep(event: Event) -> bool:
        if event.name in layers:
            found[event.name] = to_maps(event.output, event.axis).clone()
        return False

    x = inputs.clone(memory_format=torch.channels_last)  # convolutions are twice as fast
    tape = Tape(net.model, keep)
    with torch.no_grad(), borrowed(net.model), tape.watching(x):
        output: Tensor = net.model(x)
    for layer in layers:
        if layer not in found:
            raise UsageError(f"{net.name} does not come by {layer!r} on an input of size {tuple(inputs.shape[2:])}")
    return output, found


def deepest_layer(net: Network, outputs: int) -> Unit:
    """Return the last layer whose maps have more than one position and are not the ``outputs`` classes' own.

    Raises:
        UsageError: there is none.
    """
    for layer in reversed(net.layers()):
        if layer.size != (1, 1) and layer.units != outputs:
            return Unit(layer.name)
    raise UsageError(f"{net.name} has no layer with maps before its classes; name a layer")


# -- the true class ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrueClass:
    """The class whose probability is followed.

    Attributes:
        index: of the network's output.
        name: as the network has it, or its number.
        is_given: whether somebody said that it is true; otherwise it is the one the network finds most probable.
    """

    index: int
    name: str
    is_given: bool


def class_name(net: Network, index: int) -> str:
    """Return the name of an output, or its number where the network has no names."""
    return f"class {index}" if net.classes is None or index >= len(net.classes) else net.classes[index]


def true_class(net: Network, label: str | int | None, picture: Picture | None, best: int, outputs: int) -> TrueClass:
    """Return the class that was named, or that the picture's folder or file names, or else the most probable one.

    A folder ``tench`` names a class, and so does a file ``tench.jpg`` or ``n01440764_tench.JPEG``.

    Raises:
        UsageError: the network has no such class.
    """
    if label is None:
        found = None if picture is None else _from_names(net, picture)
        index = best if found is None else found
        return TrueClass(index, class_name(net, index), found is not None)
    named = _index(net, str(label))
    if named is None or named >= outputs:
        hint = did_you_mean(str(label), net.classes or ()) or f"; give a name, or a number from 0 to {outputs - 1}"
        raise UsageError(f"{net.name} has no class {str(label)!r}{hint}")
    return TrueClass(named, class_name(net, named), True)


def _index(net: Network, label: str) -> int | None:
    named = [index for index, name in enumerate(net.classes or ()) if _plain(name) == _plain(label)]
    if named:
        return named[0]
    return int(label) if label.isdecimal() else None


def _from_names(net: Network, picture: Picture) -> int | None:
    """Return the class that a picture's label or file name is, if it is exactly one."""
    stem = picture.id.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    for name in filter(None, (picture.label, stem, _WORDNET.sub("", stem))):
        named = [index for index, known in enumerate(net.classes or ()) if _plain(known) == _plain(name)]
        if len(named) == 1:
            return named[0]
    return None


def _plain(name: str) -> str:
    return name.strip().replace("_", " ").casefold()


def one_picture(net: Network, image: object) -> tuple[Tensor, Picture | None]:
    """Return one picture as the network's input (1, C, H, W), and where it came from if that is known.

    Raises:
        UsageError: more than one picture, or something that is none.
    """
    if isinstance(image, str | ImageSet) or hasattr(image, "__fspath__"):
        found = open_images(image)
        if len(found) != 1:
            raise UsageError(f"{found.name} holds {len(found)} pictures; name one")
        image = found[0]
    inputs = net.prepare(image)
    if len(inputs) != 1:
        raise UsageError(f"there are {len(inputs)} pictures; give one")
    return inputs, image if isinstance(image, Picture) else None
