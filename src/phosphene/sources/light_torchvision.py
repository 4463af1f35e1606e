"""Import torchvision without PyTorch's compiler, which takes longer than all the rest of both.

One module of torchvision, for detection, takes a single function from the compiler's package when it is imported. Here
that function gets the package when it is called, so that who compiles nothing does not wait for a compiler.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo.utils"
_WANTED = "is_compile_supported"


def import_torchvision() -> None:
    """Import torchvision; every later ``import torchvision`` finds it. What it is and does stays the same."""
    if "torchvision" in sys.modules or _COMPILER in sys.modules:
        import_module("torchvision")
        return
    sys.modules[_COMPILER] = _Later(_COMPILER)
    try:
        import_module("torchvision")
    finally:
        if isinstance(sys.modules.get(_COMPILER), _Later):
            del sys.modules[_COMPILER]


class _Later(ModuleType):
    """Stands for the compiler's module while torchvision is imported; whoever wants more of it gets the real one."""

    def __getattr__(self, name: str) -> Any:
        if name == _WANTED:
            return _is_compile_supported
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(), name)


def _real() -> ModuleType:
    if isinstance(sys.modules.get(_COMPILER), _Later):
        del sys.modules[_COMPILER]
    return import_module(_COMPILER)


def _is_compile_supported(device_type: str) -> bool:
    return bool(_real().is_compile_supported(device_type))
