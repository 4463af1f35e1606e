"""Packages that are optional, and the networks that are fetched through them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from phosphene.errors import PhospheneError


def extra(package: str, name: str, spec: str) -> Any:
    """Return an optional package; raises PhospheneError with the command that installs the extra ``name``."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        command = f"python -m pip install 'phosphene[{name}]'"
        raise PhospheneError(
            f"{spec} needs the package {package!r}, which is missing; get it with: {command}"
        ) from error


@contextmanager
def fetching(spec: str, instead: str) -> Iterator[None]:
    """Say in one sentence why a package could not fetch a network, and what to do ``instead``.

    Such packages have their own kinds of errors for the network, the disk and the hub, and they change.
    """
    log = logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.ERROR)  # it reports each of its many attempts
    try:
        yield
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
        raise PhospheneError(f"{spec} could not be fetched ({said}); {instead}") from error
    finally:
        log.setLevel(level)
