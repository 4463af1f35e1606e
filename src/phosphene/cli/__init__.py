"""The command line. Each command is one function in the file of its name, and imports what is heavy inside."""

from __future__ import annotations

import typer

from phosphene.cli import doctor
from phosphene.cli.failures import SentenceGroup

# In the order in which `phosphene --help` lists them.
COMMANDS = (doctor.doctor,)

app = typer.Typer(
    name="phosphene", cls=SentenceGroup, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True
)


@app.callback()
def phosphene() -> None:
    """See what each feature of a convolutional network is looking for."""


for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line of this process."""
    app()
