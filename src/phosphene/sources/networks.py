"""`load`: from what a user types to a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path

from torch import nn

from phosphene import bundled
from phosphene.bundled.weights_file import ARCHITECTURES, About, is_weights_file, read_weights
from phosphene.device import pick_device
from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing
from phosphene.sources.fitting import fit
from phosphene.sources.light_torchvision import import_torchvision
from phosphene.sources.request import DEFAULT, Request

_WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


def load(
    spec: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    *,
    input_size: tuple[int, int, int] | None = None,
    classes: Sequence[str] | None = None,
    device: str = "cpu",
) -> Network:
    """Return the network called ``spec``.

    ====================  =========================================================================================
    ``cifar``             one of the two that come along, trained (``cifar-deep`` is the other)
    ``FILE.safetensors``  what ``phosphene train`` wrote
    ``torchvision/NAME``  torchvision's classification and segmentation networks
    ``timm/NAME``         timm's networks, if timm is installed
    ``hf/REPO``           image classifiers of the Hugging Face hub or in a folder, if transformers is installed
    ``FILE.py:function``  what a function of yours returns: an ``nn.Module`` or a `Network`. Your file is executed
    ====================  =========================================================================================

    Args:
        spec: as in the table. For a model that you have already see `Network`.
        weights: a ``.safetensors`` file or one that ``torch.save`` wrote of a ``state_dict``; or the name of published
            weights, such as ``"DEFAULT"``, which are downloaded if they are not here yet; or ``"random"``. None: the
            weights that the spec itself brings, or random ones, with a warning, for ``torchvision/`` and ``timm/``.
        input_size: (C, H, W), where it is not to be the network's own.
        classes: names of the outputs, where they are not the network's own.
        device: ``"cpu"``, ``"auto"``, ``"cuda"`` or ``"mps"``.

    Raises:
        UsageError: there is no such network, function, file or device.
        PhospheneError: the weights do not fit, are no mere weights, or cannot be downloaded.
    """
    asked = Request(
        _text(spec), None if weights is None else fspath(weights), input_size, tuple(classes) if classes else None
    )
    where = pick_device(device)
    network = _source(asked.spec)(asked)
    network.model.to(where)
    return network


def _text(spec: object) -> str:
    if isinstance(spec, str | PathLike):
        return str(fspath(spec))
    raise UsageError(f"load takes a network's name, not a {type(spec).__name__}; wrap a model of yours in ph.Network")


def _source(spec: str) -> Callable[[Request], Network]:
    """Find who knows such networks; what is heavy is imported when it is asked for."""
    if spec in bundled.names() or Path(spec).suffix in _WEIGHTS:
        return _trained
    if re.search(r"\.py:\w+$", spec):
        from phosphene.sources.python_files import from_python_file

        return from_python_file
    if spec.startswith("torchvision/"):
        import_torchvision()
        from phosphene.sources.torchvision_models import from_torchvision

        return from_torchvision
    if spec.startswith("timm/"):
        from phosphene.sources.timm_models import from_timm

        return from_timm
    if spec.startswith("hf/"):
        from phosphene.sources.hf_models import from_hf

        return from_hf
    raise UsageError(f"there is no network {spec!r}{_advice(spec)}")


def _advice(spec: str) -> str:
    if spec.endswith(".py"):
        return f"; say which function of the file makes the network: {spec}:FUNCTION"
    import_torchvision()
    from phosphene.sources.torchvision_models import torchvision_names

    if spec in torchvision_names():
        return f"; did you mean 'torchvision/{spec}'?"
    ways = "torchvision/NAME, timm/NAME, hf/REPO, FILE.py:FUNCTION or a .safetensors file of 'phosphene train'"
    return did_you_mean(spec, bundled.names()) or f"; use {', '.join(bundled.names())}, {ways}"


# -- networks of our own -----------------------------------------------------------------------------------------

_SIZE = (3, 32, 32)


def _trained(asked: Request) -> Network:
    if asked.input_size not in (None, _SIZE):
        raise UsageError(f"{asked.spec} takes pictures of 3x32x32 only; leave the input size out")
    model, about, name = _own(asked.spec)
    if asked.weights not in (None, DEFAULT):
        model = ARCHITECTURES[about.network](len(about.classes)).eval()
        if not asked.untrained:
            fit(model, asked.weights_file(), asked.spec)
    preprocess = Preprocessing(_SIZE[1:], about.mean, about.std)
    return Network(model, preprocess, asked.classes or about.classes, _SIZE, name)


def _own(spec: str) -> tuple[nn.Module, About, str]:
    if spec in bundled.names():
        return bundled.load_bundled(spec), bundled.about(spec), spec
    path = Path(spec).expanduser()
    if not path.is_file():
        beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")]
        raise UsageError(f"there is no file {spec!r}{did_you_mean(str(path), beside) or '; check its name'}")
    if not is_weights_file(path):
        raise UsageError(
            f"{spec!r} does not say for which network its weights are; name both, such as "
            f"'torchvision/resnet18' with weights {path.name!r}"
        )
    return *read_weights(path), path.stem
