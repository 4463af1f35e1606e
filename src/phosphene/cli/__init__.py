"""The command line. Each command is one function in the file of its name; it imports inside what is heavy."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer

import phosphene
from phosphene.cli import (
    atlas,
    correspondence,
    demo,
    doctor,
    dream,
    evolution,
    explain,
    explore,
    export,
    filters,
    invariance,
    layers,
    occlusion,
    probe,
    query,
    scan,
    show,
    top,
    train,
    trust,
)
from phosphene.cli.failures import SentenceGroup

# In the order in which `phosphene --help` lists them.
COMMANDS = (
    demo.demo,
    train.train,
    layers.layers,
    show.show,
    filters.filters,
    occlusion.occlusion,
    invariance.invariance,
    evolution.evolution,
    probe.probe,
    correspondence.correspondence,
    scan.scan,
    top.top,
    dream.dream,
    atlas.atlas,
    explain.explain,
    trust.trust,
    query.query,
    explore.explore,
    export.export,
    doctor.doctor,
)

# Plain help: rich boxes cost a tenth of a second, and docs/commands.md would change with the terminal.
app = typer.Typer(name="phosphene", cls=SentenceGroup, rich_markup_mode=None, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(phosphene.__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """See what each feature of a convolutional network is looking for."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line of this process."""
    # Pillow warns of damaged tags in pictures that it reads all the same.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    app()
