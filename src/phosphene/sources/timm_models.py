"""``timm/NAME``: the networks of timm, an optional package."""

from __future__ import annotations

from typing import Any

from torch import nn

from phosphene.errors import UsageError, did_you_mean
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing, interpolation_named
from phosphene.sources.extras import extra, fetching
from phosphene.sources.fitting import fitted
from phosphene.sources.request import DEFAULT, Request


def from_timm(asked: Request) -> Network:
    """Return one of timm's networks with the preprocessing and class names of its published weights.

    ``NAME`` may carry the tag of published weights, as in ``timm/resnet18.a1_in1k``; ``DEFAULT`` downloads them.
    """
    timm = extra("timm", "timm", asked.spec)
    _check_name(timm, asked)
    model, names = _model(timm, asked)
    settings = timm.data.resolve_model_data_config(model)
    size = asked.input_size or tuple(settings["input_size"])
    return Network(model.eval(), _preprocessing(settings, size), names, size, asked.name)


def _check_name(timm: Any, asked: Request) -> None:
    name, _, tag = asked.name.partition(".")
    if not timm.is_model(name):
        hint = did_you_mean(name, timm.list_models()).replace("mean '", "mean 'timm/")
        raise UsageError(f"timm has no network {name!r}{hint or ', such as timm/resnet18'}")
    tags = [known.partition(".")[2] for known in timm.list_pretrained(f"{name}.*")]
    if tag and tag not in tags:
        known = f"; use {tags[0]!r}" if tags else "; leave it out"
        raise UsageError(f"timm/{name} has no weights {tag!r}{did_you_mean(tag, tags) or known}")


def _model(timm: Any, asked: Request) -> tuple[nn.Module, tuple[str, ...] | None]:
    if asked.weights == DEFAULT:
        with fetching(asked.spec, "fetch it where there is a network, and give the file of weights"):
            model = _made(timm, asked, pretrained=True)
        return model, asked.classes or _class_names(timm, model)
    model = _made(timm, asked)
    names = asked.classes or _class_names(timm, model)
    outputs = int(model.num_classes) if names is None else len(names)
    if asked.untrained:
        asked.tell_if_untrained()
        return model if outputs == model.num_classes else _made(timm, asked, num_classes=outputs), names
    path = asked.weights_file([DEFAULT])
    model, found = fitted(lambda n: _made(timm, asked, num_classes=n), outputs, path, asked)
    return model, names if found == outputs else None


def _made(timm: Any, asked: Request, **options: Any) -> Any:
    channels = {} if asked.input_size is None else {"in_chans": asked.input_size[0]}
    return timm.create_model(asked.name, **channels, **options)


def _class_names(timm: Any, model: nn.Module) -> tuple[str, ...] | None:
    subset = timm.data.infer_imagenet_subset(model)
    return tuple(timm.data.ImageNetInfo(subset).label_descriptions()) if subset else None


def _preprocessing(settings: dict[str, Any], size: tuple[int, int, int]) -> Preprocessing:
    """Timm's own for inference: the shorter side becomes the input's over ``crop_pct``, then the centre is cut."""
    mean, std = (tuple(settings[key]) for key in ("mean", "std"))
    if size[0] == 1 and len(mean) == 3:
        mean, std = ((sum(values) / 3,) for values in (mean, std))
    resize = max(int(min(size[1:]) / settings["crop_pct"]), *size[1:])
    return Preprocessing(size[1:], mean, std, resize, interpolation_named(settings["interpolation"]))
