"""Write docs/commands.md from what `phosphene --help` says. usage: command_reference.py FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from typer.testing import CliRunner

from phosphene.cli import COMMANDS, app

HEAD = """# Commands

<!-- Made by `make docs` from what `--help` says; a test compares the two. -->

Every command answers on stdout and reports its progress on stderr. It ends with 0 when all went well, with 1
when the job failed and with 2 when it was asked wrongly; then one sentence on stderr says what to type instead.
With `PHOSPHENE_DEBUG=1` in the environment the traceback stands before it.
"""


def reference() -> str:
    """Return the page: the help of the program, then of every command."""
    return "\n".join([HEAD, *(_section(*words) for words in [(), *((c.__name__,) for c in COMMANDS)])])


def _section(*words: str) -> str:
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="phosphene").stdout.rstrip()
    return f"## {' '.join(('phosphene', *words))}\n\n```text\n{shown}\n```\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
