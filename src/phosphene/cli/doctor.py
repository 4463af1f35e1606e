"""``phosphene doctor``: what is installed here, what is missing and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phosphene.cli.common import AsJson, answer
from phosphene.errors import PhospheneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phosphene.installation import Device, Extra, Installation


def doctor(as_json: AsJson = False) -> None:
    """Say what is installed here, what is missing and how to get it."""
    from phosphene.installation import examine

    found = examine()
    answer("\n".join(_lines(found)), found, as_json)
    if found.missing:
        raise PhospheneError(
            f"needed packages are missing: {', '.join(found.missing)}; "
            f"get them with: python -m pip install {' '.join(found.missing)}"
        )


def _lines(found: Installation) -> Iterator[str]:
    yield f"Phosphene {found.phosphene}, Python {found.python}, {found.system}"
    yield "\nComputes on"
    for number, device in enumerate(found.devices):
        yield f"  {device.kind:<14} {_abilities(device)}{' (taken by --device auto)' if number == 0 else ''}"
    yield f"  {'threads':<14} {found.threads}"
    yield "\nPackages"
    for package in found.packages:
        yield f"  {package.name:<14} {package.version or 'MISSING'} (takes {package.wanted or 'any'})"
    yield "\nOptional"
    for extra in found.extras:
        yield f"  {extra.name:<14} {_state(extra)}"


def _abilities(device: Device) -> str:
    memory = "" if device.memory is None else f", {device.memory / 2**30:.1f} GiB of memory"
    return f"{device.name}{memory}, {'fast' if device.fast_bfloat16 else 'no fast'} bfloat16"


def _state(extra: Extra) -> str:
    if not extra.missing:
        return "installed"
    return f"missing {', '.join(extra.missing)}; get them with: {extra.command}"
