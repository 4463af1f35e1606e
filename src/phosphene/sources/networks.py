"""Where networks come from: those that come along, and files that ``phosphene train`` wrote."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from phosphene import bundled
from phosphene.bundled.weights_file import About, read_weights
from phosphene.device import pick_device
from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing


def load(spec: str | Path, *, device: str = "cpu") -> Network:
    """Return the network called ``spec``: ``"cifar"``, ``"cifar-deep"``, or a file that ``phosphene train`` wrote.

    ``device`` is ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``. For a model of your own see :class:`Network`.

    Raises:
        UsageError: there is no such network or file.
        PhospheneError: the file is damaged, or no network of ours.
    """
    model, about, name = _trained(spec)
    preprocess = Preprocessing((32, 32), about.mean, about.std)
    return Network(model.to(pick_device(device)), preprocess, about.classes, (3, 32, 32), name)


def _trained(spec: str | Path) -> tuple[nn.Module, About, str]:
    name, path = str(spec), Path(spec)
    if name in bundled.names():
        return bundled.load_bundled(name), bundled.about(name), name
    if path.is_file():
        return *read_weights(path), path.stem
    if path.suffix == ".safetensors":
        raise UsageError(f"there is no file {name!r}; give one that 'phosphene train' wrote")
    known = bundled.names()
    advice = did_you_mean(name, known) or f"; use {', '.join(known)} or a .safetensors file of 'phosphene train'"
    raise UsageError(f"there is no network {name!r}{advice}")
