"""Networks that a function in a user's own Python file makes. The file is run: that is what was asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from torch import nn

from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.network import Network
from phosphene.sources.fitting import fit
from phosphene.sources.request import Request


def from_python_file(asked: Request) -> Network:
    """Return what ``FILE.py:function`` makes: an ``nn.Module``, or a `Network` where it brings its own preprocessing.

    The file is executed like any program of the user's, with its folder among the places that imports look in.

    Raises:
        UsageError: there is no such file or function.
        PhospheneError: the file or the function raised, or made something else.
    """
    file, _, function = asked.spec.rpartition(":")
    path = Path(file).expanduser()
    if not path.is_file():
        beside = [str(other) for other in path.parent.glob("*.py")]
        raise UsageError(f"there is no file {file!r}{did_you_mean(str(path), beside) or '; check its name'}")
    with _beside(path):
        made = _own_code(asked.spec, _function(_module(path), path, function))
    network = _network(made, asked, function)
    if not asked.untrained:
        fit(network.model, asked.weights_file(), asked.spec)
    return network


def _network(made: Any, asked: Request, name: str) -> Network:
    if isinstance(made, Network):
        if asked.input_size or asked.classes:
            raise UsageError(f"{asked.spec} returns a Network, which has its input size and classes; leave them out")
        return made
    if isinstance(made, nn.Module):
        size = asked.input_size or (3, 32, 32)
        return Network(made.eval(), None, asked.classes, size, name)
    raise PhospheneError(f"{asked.spec} returned a {type(made).__name__}; let it return an nn.Module or a Network")


def _module(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"_phosphene_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module, run = module_from_spec(spec), spec.loader.exec_module
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    _own_code(str(path), lambda: run(module))
    return module


def _function(module: ModuleType, path: Path, name: str) -> Callable[[], Any]:
    function = getattr(module, name, None)
    if callable(function):
        return cast("Callable[[], Any]", function)
    known = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
    advice = did_you_mean(name, known) or "; name one that returns an nn.Module"
    raise UsageError(f"{str(path)!r} has no function {name!r}{advice}")


def _own_code(spec: str, run: Callable[[], Any]) -> Any:
    """Run the user's code; what it raises comes out as one sentence."""
    try:
        return run()
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
        raise PhospheneError(f"{spec} raised {said}; mend it, or run it by itself to see where") from error


@contextmanager
def _beside(path: Path) -> Iterator[None]:
    """Let the file import its neighbours, as it could if it were run itself."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
