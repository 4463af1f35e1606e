"""The one place where a failure becomes a sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.files import reason

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Interrupted(Exception):  # noqa: N818 - Ctrl-C is no error
    """The user pressed Ctrl-C; the text is what the command had to say about it, e.g. how to go on."""


class SentenceGroup(TyperGroup):
    """Commands whose every failure is one sentence; ``PHOSPHENE_DEBUG=1`` adds the traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line and exit with 0, 1 (failed), 2 (wrong usage) or 130 (interrupted)."""
        try:
            outcome = super().main(*args, **(extra | {"standalone_mode": False}))
        except Exception as error:
            if os.environ.get("PHOSPHENE_DEBUG") == "1":
                traceback.print_exception(error)
            sentence, outcome = describe(error)
            typer.echo(f"phosphene: {sentence}", err=True)
        sys.exit(outcome if isinstance(outcome, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command, which may raise ``KeyboardInterrupt("what was kept, how to go on")``."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted(str(stop) or "stopped") from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that ``args`` begin with, or name the nearest one."""
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            advice = did_you_mean(args[0], known) or f"; use one of: {', '.join(known)}"
            raise UsageError(f"there is no command {args[0]!r}{advice}")
        return super().resolve_command(ctx, args)


def describe(error: Exception) -> tuple[str, int]:
    """Return the sentence that tells the user what ``error`` was, and the exit code it deserves."""
    match error:
        case Interrupted():
            return str(error), INTERRUPTED
        case UsageError():
            return str(error), WRONG_USAGE
        case PhospheneError():
            return str(error), FAILED
        case OSError():
            return _refusal(error), FAILED
        case ModuleNotFoundError():
            return f"the package {error.name!r} is missing; 'phosphene doctor' says how to get it", FAILED
    if hasattr(error, "format_message"):  # what typer raises for a command line that it cannot read
        return _misuse(error), WRONG_USAGE
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # PyTorch's own
        return "there is not enough memory for this; take fewer or smaller images, or --device cpu", FAILED
    return _bug(error), FAILED


def _refusal(error: OSError) -> str:
    where = "" if error.filename is None else f" {str(error.filename)!r}"
    return f"cannot use the file{where}: {reason(error)}"


def _misuse(error: Any) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "phosphene"
    option = getattr(error, "option_name", None)
    if option and context and (advice := did_you_mean(option, _options(context.command))):
        return f"'{command}' has no option {option!r}{advice}"
    said = error.format_message().strip().rstrip(".").replace(". ", "; ")
    return f"{said[:1].lower()}{said[1:]}; see '{command} --help'"


def _options(command: Any) -> list[str]:
    given = [name for parameter in command.params for name in parameter.opts]
    return ["--help", *(name for name in given if name.startswith("--"))]


def _bug(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"this should not have happened ({type(error).__name__}: {error}, at {Path(place.filename).name}:"
        f"{place.lineno}); run it again with PHOSPHENE_DEBUG=1 and report what it prints"
    )
