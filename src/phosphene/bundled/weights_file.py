"""A trained network as one safetensors file: float16 weights, and what they mean in the metadata.

Metadata keys, all strings: `format` ("phosphene-weights"), `version` ("1"), `network` ("blog" or "deep"),
`classes` (JSON list of names), `mean` and `std` (JSON lists, one number per colour, for pixels from 0 to 1),
`accuracy` (share of `test_images` held-out pictures that are named rightly, measured with the weights of this
file in float32), `test_images`, `epochs`, `seed`, `trained_on`, `date`, `torch`, `phosphene`. Tensors are
named as in the network's `state_dict()`.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from phosphene.bundled.architectures import BlogNet, DeepNet
from phosphene.errors import PhospheneError
from phosphene.files import writing

FORMAT, VERSION = "phosphene-weights", "1"
ARCHITECTURES = {"blog": BlogNet, "deep": DeepNet}
_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class About:
    """What must be known of a trained network besides its weights."""

    network: str
    """Key of `ARCHITECTURES`."""
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    accuracy: float
    test_images: int
    epochs: int
    seed: int
    trained_on: str
    date: str
    torch: str
    phosphene: str


def write_weights(path: Path, model: nn.Module, about: About) -> None:
    """Write `model`, its floating-point tensors as float16, to `path`, atomically."""
    metadata = {key: v if isinstance(v, str) else json.dumps(v) for key, v in asdict(about).items()}
    with writing(path) as temporary:
        temporary.write_bytes(save(halved(model.state_dict()), {"format": FORMAT, "version": VERSION, **metadata}))


def halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors on the CPU, the floating-point ones as float16."""
    return {
        name: (t.to(torch.float16) if t.is_floating_point() else t).cpu().contiguous() for name, t in tensors.items()
    }


def as_read(model: nn.Module) -> dict[str, Tensor]:
    """The model's `state_dict` as it will be read back from a file: rounded to float16, in float32."""
    return {name: t.float() if t.is_floating_point() else t for name, t in halved(model.state_dict()).items()}


def read_weights(path: Path) -> tuple[nn.Module, About]:
    """The network of a file that `write_weights` wrote, float32 and in inference mode.

    Raises PhospheneError where the file is not such a file or its weights do not fit.
    """
    about, tensors = _read(path)
    model = ARCHITECTURES[about.network](len(about.classes))
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise PhospheneError(f"{path} is damaged: its weights do not fit {about.network!r}; train it anew") from error
    return model.eval(), about


def is_weights_file(path: Path) -> bool:
    """Whether the file says of itself that it is one of this kind."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (OSError, SafetensorError):
        return False


def _read(path: Path) -> tuple[About, dict[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            _check(path, metadata)
            return _about(path, metadata), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        advice = "give a file of trained weights"
        raise PhospheneError(f"{path} cannot be read as safetensors ({error}); {advice}") from error


def _check(path: Path, metadata: dict[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise PhospheneError(f"{path} holds no network of phosphene's; make one with: phosphene train")
    if metadata.get("version") != VERSION:
        raise PhospheneError(f"{path} has a newer format than this phosphene reads; update phosphene")


def _about(path: Path, metadata: dict[str, str]) -> About:
    """The metadata as values; whatever a stranger may have put there is checked."""
    try:
        about = About(
            network=metadata["network"],
            classes=tuple(str(name) for name in json.loads(metadata["classes"])[:_MOST_CLASSES]),
            mean=tuple(float(v) for v in json.loads(metadata["mean"])),
            std=tuple(float(v) for v in json.loads(metadata["std"])),
            accuracy=float(metadata["accuracy"]),
            test_images=int(metadata["test_images"]),
            epochs=int(metadata["epochs"]),
            seed=int(metadata["seed"]),
            **{key: metadata[key] for key in ("trained_on", "date", "torch", "phosphene")},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PhospheneError(f"{path} is damaged: its metadata cannot be understood; train it anew") from error
    if about.network not in ARCHITECTURES or not _is_normalisation(about.mean, about.std):
        raise PhospheneError(f"{path} is damaged: its metadata cannot be understood; train it anew")
    return about


def _is_normalisation(mean: tuple[float, ...], std: tuple[float, ...]) -> bool:
    """Whether these are three finite means and three finite deviations above 0."""
    return len(mean) == len(std) == 3 and all(map(math.isfinite, mean + std)) and min(std) > 0
