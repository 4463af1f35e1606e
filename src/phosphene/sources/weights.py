"""Weights out of a file, without running anything that the file may hold.

A pickle can run any code while it is read, so files are read as safetensors or with ``weights_only=True``, which
knows tensors and plain containers and nothing else.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from phosphene.errors import PhospheneError
from phosphene.files import reason

# Where training programs put the weights among other things, the usual names first.
_HOLDERS = ("state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "params")

_KEEP_WEIGHTS = "save the weights alone: torch.save(model.state_dict(), FILE), and give that"


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file of weights by name, on the CPU.

    Takes ``.safetensors`` and what ``torch.save`` wrote of a ``state_dict``, also where it lies inside of a
    training's checkpoint. Which of the two a file is, its content tells and not its name.

    Raises:
        PhospheneError: the file wants to run code, is a program (TorchScript, ``.pt2``), or holds no weights.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise PhospheneError(f"cannot read the weights {str(path)!r}: {reason(error)}") from error
    content = _safetensors(path) if head[8:] == b"{" else _pickled(path, head)
    return _state_dict(path, content)


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise PhospheneError(f"{str(path)!r} is damaged ({error}); get it anew") from error


def _pickled(path: Path, head: bytes) -> Any:
    if head.startswith(b"PK"):
        _refuse_programs(path)
    elif not head.startswith(b"\x80"):
        raise PhospheneError(f"{str(path)!r} is no file of PyTorch weights; give a .safetensors, .pt or .pth file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old ways of pickling, which are no matter here
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a stranger's pickle can fail in any way
        raise PhospheneError(_why_not(path, str(error))) from error


def _refuse_programs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise PhospheneError(f"{str(path)!r} is damaged ({error}); get it anew") from error
    kind = ""
    if any(re.search(r"(^|/)(code/|constants\.pkl$|bytecode\.pkl$)", name) for name in names):
        kind = "a TorchScript archive"
    elif any(re.search(r"(^|/)(archive_format$|serialized_exported_program\.json$)", name) for name in names):
        kind = "an exported program (.pt2)"
    if kind:
        raise PhospheneError(
            f"{str(path)!r} is {kind}, a program whose operations cannot be followed back; "
            f"in the code that made it, {_KEEP_WEIGHTS}"
        )


def _why_not(path: Path, said: str) -> str:
    if wanted := re.search(r"GLOBAL ([\w.]+)", said):
        return f"{str(path)!r} is a pickle that would run code ({wanted[1]}), so it is not opened; {_KEEP_WEIGHTS}"
    if "weights_only" in said.lower() or "weights only" in said.lower():
        return (
            f"{str(path)!r} is damaged, or a pickle that holds more than weights, so it is not opened; {_KEEP_WEIGHTS}"
        )
    return f"{str(path)!r} is no file of PyTorch weights, or it is damaged; give a .safetensors, .pt or .pth file"


def _state_dict(path: Path, content: Any) -> dict[str, Tensor]:
    """Find the tensors in what a file holds: on top, or inside of the one holder of them."""
    if not isinstance(content, Mapping):
        raise PhospheneError(f"{str(path)!r} holds {_kind(content)} and not weights by name; {_KEEP_WEIGHTS}")
    tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if tensors:
        return tensors
    holders = {str(name): value for name, value in content.items() if isinstance(value, Mapping) and _holds(value)}
    known = [name for name in _HOLDERS if name in holders] or list(holders)
    if not known:
        raise PhospheneError(f"{str(path)!r} holds no weights; {_KEEP_WEIGHTS}")
    if len(known) > 1 and known[0] not in _HOLDERS:
        raise PhospheneError(
            f"{str(path)!r} holds several sets of weights ({', '.join(known[:6])}); save the one you mean alone"
        )
    return _state_dict(path, holders[known[0]])


def _holds(content: Mapping[Any, Any], depth: int = 3) -> bool:
    inner = (value for value in content.values() if isinstance(value, Mapping))
    return any(isinstance(value, Tensor) for value in content.values()) or (
        depth > 0 and any(_holds(value, depth - 1) for value in inner)
    )


def _kind(content: Any) -> str:
    return "nothing" if content is None else f"a {type(content).__name__}"
