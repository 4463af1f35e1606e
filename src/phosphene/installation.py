"""What is installed on this machine, and what it can compute with."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import phosphene


@dataclass(frozen=True)
class Package:
    """One package that Phosphene uses: the version here (None: missing), the versions it takes."""

    name: str
    version: str | None
    wanted: str


@dataclass(frozen=True)
class Extra:
    """One optional set of packages: what is missing of it here, and the command that gets it."""

    name: str
    packages: tuple[Package, ...]
    missing: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class Device:
    """Something PyTorch computes on. ``memory`` in bytes, None where the system does not say."""

    kind: str
    name: str
    memory: int | None
    fast_bfloat16: bool


@dataclass(frozen=True)
class Installation:
    """Everything that ``phosphene doctor`` reports.

    ``missing`` names needed packages that are not here. ``devices[0]`` is what ``--device auto`` takes;
    without PyTorch there is none, and ``threads`` is 0.
    """

    phosphene: str
    python: str
    system: str
    packages: tuple[Package, ...]
    missing: tuple[str, ...]
    extras: tuple[Extra, ...]
    threads: int
    devices: tuple[Device, ...]


def examine() -> Installation:
    """Look at this machine. Imports PyTorch where it is installed."""
    packages = _packages(extra="")
    threads, devices = _compute() if _version("torch") else (0, ())
    return Installation(
        phosphene=phosphene.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        packages=packages,
        missing=_missing(packages),
        extras=tuple(_extra(name) for name in _extras()),
        threads=threads,
        devices=devices,
    )


def _extra(name: str) -> Extra:
    packages = _packages(name)
    return Extra(name, packages, _missing(packages), f"python -m pip install 'phosphene[{name}]'")


def _missing(packages: tuple[Package, ...]) -> tuple[str, ...]:
    return tuple(package.name for package in packages if package.version is None)


def _extras() -> list[str]:
    return sorted({_extra_of(line) for line in requires("phosphene") or ()} - {""})


_EXTRA = re.compile(r"""extra == ['"]([\w.-]+)['"]""")
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*([^;]*)")


def _packages(extra: str) -> tuple[Package, ...]:
    """The packages of one extra, or of the plain installation for ``""``."""
    return tuple(
        Package(named[1], _version(named[1]), named[2].strip())
        for line in requires("phosphene") or ()
        if (named := _REQUIREMENT.match(line)) and _extra_of(line) == extra
    )


def _extra_of(line: str) -> str:
    found = _EXTRA.search(line)
    return found[1] if found else ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _compute() -> tuple[int, tuple[Device, ...]]:
    import torch

    from phosphene.device import available

    return torch.get_num_threads(), tuple(_device(kind) for kind in available())


def _device(kind: str) -> Device:
    import torch

    from phosphene.training.precision import fast_bfloat16

    fast = fast_bfloat16(torch.device(kind))
    if kind == "cuda":
        facts = torch.cuda.get_device_properties(0)
        return Device(kind, facts.name, facts.total_memory, fast)
    return Device(kind, _processor(), _main_memory(), fast)  # MPS shares the machine's memory


def _processor() -> str:
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _main_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None
