"""What a user asks of a source of networks: which network, with which weights, for which pictures."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from phosphene.errors import UsageError, did_you_mean

RANDOM, DEFAULT = "random", "DEFAULT"


@dataclass(frozen=True)
class Request:
    """One call of `load`.

    Attributes:
        spec: the network as it was typed, such as ``"torchvision/resnet18"``.
        weights: None (nothing was said), ``"random"``, ``"DEFAULT"``, the name of published weights, or a file.
        input_size: (C, H, W), or None for the network's own.
        classes: names of the outputs, or None for the network's own.
    """

    spec: str
    weights: str | None = None
    input_size: tuple[int, int, int] | None = None
    classes: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What stands behind the source's name: ``resnet18`` in ``torchvision/resnet18``."""
        return self.spec.partition("/")[2]

    @property
    def untrained(self) -> bool:
        """Whether no weights are to be loaded."""
        return self.weights in (None, RANDOM)

    def weights_file(self, published: Collection[str] = ()) -> Path:
        """Return the file that ``weights`` names; raises `UsageError` if there is none."""
        path = Path(self.weights or "").expanduser()
        if path.is_file():
            return path
        words = (*published, RANDOM)
        if path.is_dir():
            raise UsageError(f"{self.weights!r} is a folder; give the file of weights that is in it")
        if path.suffix or path.parent != Path():
            beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")]
            hint = did_you_mean(str(path), beside) or "; check its name"
            raise UsageError(f"there is no file of weights {self.weights!r}{hint}")
        hint = did_you_mean(self.weights or "", words)
        raise UsageError(f"{self.spec} has no weights {self.weights!r}{hint or f'; give a file or {_listed(words)}'}")

    def tell_if_untrained(self) -> None:
        """Warn that a network will be drawn at random, unless that was asked for."""
        if self.weights is None:
            warnings.warn(
                f"{self.spec} has random weights, so its units have learned nothing; give a file of weights, or "
                f"{DEFAULT} to download the published ones ({RANDOM} if that is what you want)",
                stacklevel=5,
            )


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
