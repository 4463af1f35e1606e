"""What each feature of a convolutional network is looking for.

The names below are found when they are first used, so that ``import phosphene`` alone stays fast: it loads
neither PyTorch nor anything else that is heavy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from phosphene.errors import PhospheneError as PhospheneError

if TYPE_CHECKING:
    from phosphene.atlas.reading import open_atlas
    from phosphene.dream import dream
    from phosphene.evidence.asking import explain
    from phosphene.evidence.filling import trust
    from phosphene.explore.serve import explore
    from phosphene.network import Network
    from phosphene.project import project
    from phosphene.scan.run import scan
    from phosphene.sources.images import images
    from phosphene.sources.networks import load

__version__ = "0.1.0"
__all__ = [
    "Network",
    "PhospheneError",
    "dream",
    "explain",
    "explore",
    "images",
    "load",
    "open_atlas",
    "project",
    "scan",
    "trust",
]

_HOMES = {
    "Network": "phosphene.network",
    "dream": "phosphene.dream",
    "explain": "phosphene.evidence.asking",
    "explore": "phosphene.explore.serve",
    "images": "phosphene.sources.images",
    "load": "phosphene.sources.networks",
    "open_atlas": "phosphene.atlas.reading",
    "project": "phosphene.project",
    "scan": "phosphene.scan.run",
    "trust": "phosphene.evidence.filling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'phosphene' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps a public name that is also a sub-package's (``project``) from being bound to the sub-package."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
