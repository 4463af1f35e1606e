"""The command line. Each command is one function in the file of its name; it imports inside what is heavy."""

from __future__ import annotations

import typer

from phosphene.cli import doctor, train
from phosphene.cli.failures import SentenceGroup

# In the order in which `phosphene --help` lists them.
COMMANDS = (train.train, doctor.doctor)

# Plain help: rich boxes cost a tenth of a second, and docs/commands.md would change with the terminal.
app = typer.Typer(name="phosphene", cls=SentenceGroup, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def phosphene(context: typer.Context) -> None:
    """See what each feature of a convolutional network is looking for."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line of this process."""
    app()
