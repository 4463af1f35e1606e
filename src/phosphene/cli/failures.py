"""The one place where a failure becomes a sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from phosphene.errors import PhospheneError, UsageError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Interrupted(Exception):
    """The user pressed Ctrl-C. Carries what the command had to say about it, e.g. how to go on."""


class SentenceGroup(TyperGroup):
    """A group of commands whose every failure is one sentence; ``PHOSPHENE_DEBUG=1`` shows the traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command line ``args``; exit with 0, 1 (failed), 2 (wrong usage) or 130 (interrupted)."""
        try:
            outcome = super().main(*args, standalone_mode=False, **extra)
        except Exception as error:
            if os.environ.get("PHOSPHENE_DEBUG") == "1":
                traceback.print_exception(error)
            sentence, outcome = describe(error)
            typer.echo(f"phosphene: {sentence}", err=True)
        sys.exit(outcome if isinstance(outcome, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command; Ctrl-C goes on as :class:`Interrupted`, which nothing swallows."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted(str(stop) or "stopped") from None


def describe(error: Exception) -> tuple[str, int]:
    """Return the sentence that tells the user what ``error`` was, and the exit code it deserves."""
    match error:
        case Interrupted():
            return str(error), INTERRUPTED
        case UsageError():
            return str(error), WRONG_USAGE
        case PhospheneError():
            return str(error), FAILED
        case MemoryError():
            return _OUT_OF_MEMORY, FAILED
        case OSError():
            return _os_sentence(error), FAILED
    if hasattr(error, "format_message"):  # what typer raises for a command line it cannot read
        return _usage_sentence(error), WRONG_USAGE
    if type(error).__name__ == "OutOfMemoryError":  # PyTorch's; asking for its class would import PyTorch
        return _OUT_OF_MEMORY, FAILED
    return _bug_sentence(error), FAILED


_OUT_OF_MEMORY = "there is not enough memory for this; take fewer or smaller images, or --device cpu"


def _os_sentence(error: OSError) -> str:
    where = f" {str(error.filename)!r}" if error.filename is not None else ""
    return f"the system refused a file{where} ({error.strerror or error})"


def _usage_sentence(error: Any) -> str:
    said = error.format_message().strip().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "phosphene"
    return f"{said[:1].lower()}{said[1:]}; see '{command} --help'"


def _bug_sentence(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"this should not have happened ({type(error).__name__}: {error}, at {Path(place.filename).name}:"
        f"{place.lineno}); run it again with PHOSPHENE_DEBUG=1 and report what it prints"
    )
