"""``phosphene doctor``: what is installed here, what is missing and how to get it."""

from __future__ import annotations

from phosphene.cli.common import AsJson, answer


def doctor(as_json: AsJson = False) -> None:
    """Say what is installed here, what is missing and how to get it."""
    import platform
    from importlib.metadata import version

    from phosphene.device import available

    facts = {"phosphene": version("phosphene"), "python": platform.python_version(), "devices": available()}
    answer("\n".join(f"{name:<12} {value}" for name, value in facts.items()), facts, as_json)
