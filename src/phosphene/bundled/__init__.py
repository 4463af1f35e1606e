"""The two trained networks that come along: `cifar`, the blog's, and `cifar-deep`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from torch import Tensor, nn

from phosphene.bundled.weights_file import About, read_weights
from phosphene.errors import UsageError, did_you_mean

_WEIGHTS = Path(__file__).parent / "weights"
_NAMES = ("cifar", "cifar-deep")


@dataclass(frozen=True)
class Checkpoint:
    """The convolutions of `cifar` at one moment of its training."""

    epoch: int
    """Epochs done; 0 is the network as it was drawn at random."""
    step: int
    accuracy: float
    """Share of the test pictures that the network, as it was then, named rightly."""
    tensors: dict[str, Tensor]
    """`conv1.weight`, `conv1.bias`, `conv2.weight`, `conv2.bias`, float32."""


def names() -> tuple[str, ...]:
    """The bundled networks."""
    return _NAMES


def load_bundled(name: str) -> nn.Module:
    """A bundled network with its trained weights, float32, in inference mode."""
    return read_weights(_file(name, ".safetensors"))[0]


def about(name: str) -> About:
    """Class names, normalisation, accuracy and origin of a bundled network."""
    return read_weights(_file(name, ".safetensors"))[1]


def card(name: str) -> str:
    """The model card of a bundled network, in Markdown."""
    return _file(name, ".md").read_text(encoding="utf-8")


def checkpoints() -> list[Checkpoint]:
    """The convolutions of `cifar` along its training, from the untrained network to the last epoch."""
    return [_checkpoint(path) for path in sorted((_WEIGHTS.parent / "checkpoints").glob("*.safetensors"))]


def _checkpoint(path: Path) -> Checkpoint:
    with safe_open(path, "pt") as file:
        said = file.metadata()
        tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    return Checkpoint(int(said["epoch"]), int(said["step"]), float(said["accuracy"]), tensors)


def _file(name: str, suffix: str) -> Path:
    if name not in _NAMES:
        advice = did_you_mean(name, _NAMES) or f"; there are {' and '.join(_NAMES)}"
        raise UsageError(f"there is no bundled network {name!r}{advice}")
    return _WEIGHTS / f"{name}{suffix}"
