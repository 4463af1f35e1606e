"""``torchvision/NAME``: torchvision's classification and segmentation networks."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

import torchvision  # type: ignore[import-untyped]
from torch import Tensor, nn
from torchvision.models import (  # type: ignore[import-untyped]
    WeightsEnum,
    get_model_builder,
    get_model_weights,
    list_models,
)

from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing, interpolation_named
from phosphene.sources.downloads import downloaded
from phosphene.sources.fitting import fitted
from phosphene.sources.request import Request

# Heads that take part in training only; published files hold their weights.
_UNUSED = ("aux1.", "aux2.", "AuxLogits.", "aux_classifier.")


def torchvision_names() -> list[str]:
    """The networks of torchvision that take one batch of pictures: for classification and segmentation."""
    return [*list_models(module=torchvision.models), *_segmenting()]


def from_torchvision(asked: Request) -> Network:
    """Return one of torchvision's networks with the preprocessing and class names of its published weights.

    Weights are a file, or published ones by name (``DEFAULT``, ``IMAGENET1K_V2``), which are downloaded. A file may
    be trained for another number of classes.
    """
    _check_name(asked)
    published = get_model_weights(asked.name)
    chosen = published[asked.weights] if asked.weights in published.__members__ else published.DEFAULT
    side = _side(chosen.transforms())
    size = asked.input_size or (3, side, side)
    if size[0] != 3:
        raise UsageError(f"{asked.spec} takes 3 channels, not {size[0]}; give its input size as 3x{size[1]}x{size[2]}")
    model, classes = _model(asked, published, chosen)
    return Network(model, _preprocessing(chosen.transforms(), size[1:]), classes, size, asked.name)


def _check_name(asked: Request) -> None:
    known = torchvision_names()
    if asked.name in known:
        return
    if asked.name in list_models():
        raise UsageError(f"{asked.spec} does not take single pictures; give a classification or segmentation network")
    hint = did_you_mean(asked.name, known).replace("mean '", "mean 'torchvision/")
    raise UsageError(f"torchvision has no network {asked.name!r}{hint or ', such as torchvision/resnet18'}")


def _segmenting() -> list[str]:
    names: list[str] = list_models(module=torchvision.models.segmentation)
    return names


# -- the model ---------------------------------------------------------------------------------------------------


def _model(asked: Request, published: Any, chosen: WeightsEnum) -> tuple[nn.Module, tuple[str, ...] | None]:
    names = tuple(asked.classes or chosen.meta["categories"])
    if asked.untrained:
        asked.tell_if_untrained()
        return _built(asked.name, len(names), init_weights=True), names
    if asked.weights in published.__members__:
        file = downloaded(asked.spec, chosen.url)
    else:
        file = asked.weights_file(list(published.__members__))
    model, outputs = fitted(lambda n: _built(asked.name, n, init_weights=False), len(names), file, asked, _UNUSED)
    return model, names if outputs == len(names) else None


def _built(name: str, classes: int, *, init_weights: bool) -> nn.Module:
    builder = get_model_builder(name)
    options: dict[str, Any] = _understood(builder, aux_logits=False, transform_input=True, init_weights=init_weights)
    if name in _segmenting():
        options["weights_backbone"] = None
    model: nn.Module = builder(weights=None, num_classes=classes, **options)
    if name in _segmenting():
        model.register_forward_hook(_only_scores)
    return model.eval()


def _understood(builder: Callable[..., nn.Module], **options: bool) -> dict[str, bool]:
    """Return those options that the builder's class takes; builders themselves pass on whatever they get.

    ``transform_input`` belongs to all published weights of the networks that have it, yet builders set it only when
    they load the weights themselves.
    """
    made = typing.get_type_hints(builder)["return"]
    known = inspect.signature(made).parameters
    return {name: value for name, value in options.items() if name in known}


def _only_scores(model: nn.Module, args: tuple[Any, ...], output: Mapping[str, Tensor]) -> Tensor:
    return output["out"]


# -- the pictures ------------------------------------------------------------------------------------------------


def _side(transforms: Any) -> int:
    """The published input size: of the cut, or of the shorter side where nothing is cut."""
    return int(getattr(transforms, "crop_size", transforms.resize_size)[0])


def _preprocessing(transforms: Any, size: tuple[int, int]) -> Preprocessing:
    """The published preprocessing; for another ``size`` the picture is scaled in the same proportion."""
    resize = round(transforms.resize_size[0] * min(size) / _side(transforms))
    mean, std = tuple(transforms.mean), tuple(transforms.std)
    return Preprocessing(size, mean, std, max(resize, *size), interpolation_named(transforms.interpolation.value))
