"""docs/commands.md says what `--help` says."""

from pathlib import Path

import pytest

from phosphene.cli import COMMANDS
from scripts.command_reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.mark.slow
def test_the_page_is_what_help_says():
    # Compared by words: how typer wraps lines differs between its versions.
    assert PAGE.read_text(encoding="utf-8").split() == reference().split(), "it drifted; type: make docs"


def test_every_command_has_a_section():
    headings = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert headings == ["## phosphene", *(f"## phosphene {command.__name__}" for command in COMMANDS)]
