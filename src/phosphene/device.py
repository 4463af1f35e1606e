"""Where to compute: the processor, or the accelerator that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phosphene.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def available() -> tuple[str, ...]:
    """Return the kinds of device that PyTorch can use here, the fastest first; ``"cpu"`` is always last."""
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return (*(kind for kind, there in found.items() if there), "cpu")


def pick_device(name: str = "auto") -> torch.device:
    """Return the device called ``name``; ``"auto"`` takes CUDA or MPS where there is one.

    ``name`` may carry an index, as in ``"cuda:1"``. Raises :class:`UsageError` for a device that is not here.
    """
    import torch

    here = available()
    kind, _, index = name.partition(":")
    if kind not in DEVICES:
        advice = did_you_mean(kind, DEVICES) or f"; use one of: {', '.join(DEVICES)}"
        raise UsageError(f"there is no device {name!r}{advice}")
    if kind == "auto":
        return torch.device(here[0])
    if kind not in here:
        raise UsageError(f"PyTorch sees no {kind} device here; use 'auto' or one of: {', '.join(here)}")
    if index and not (index.isdigit() and (kind != "cuda" or int(index) < torch.cuda.device_count())):
        raise UsageError(f"there is no device {name!r} here; use {kind!r} for the first one")
    return torch.device(name)
