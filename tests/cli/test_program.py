"""The program as a shell sees it."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import phosphene
from phosphene.cli import COMMANDS, app


def shell(*words, **variables):
    return subprocess.run(
        [sys.executable, "-m", "phosphene", *words],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_python_m_phosphene_lists_the_commands():
    done = shell("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.split("Commands:\n")[1].splitlines()] == [
        command.__name__ for command in COMMANDS
    ]


def test_nothing_asked_shows_the_help():
    result = CliRunner().invoke(app, [], prog_name="phosphene")
    assert result.exit_code == 0
    assert result.stdout == CliRunner().invoke(app, ["--help"], prog_name="phosphene").stdout


def test_the_version():
    result = CliRunner().invoke(app, ["--version"], prog_name="phosphene")
    assert (result.exit_code, result.stdout) == (0, f"{phosphene.__version__}\n")


@pytest.mark.slow
def test_a_wrong_command_exits_with_2():
    done = shell("docter")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "phosphene: there is no command 'docter'; did you mean 'doctor'?\n"


@pytest.mark.parametrize(("typed", "offered"), [("phosphene doc", "doctor"), ("phosphene doctor --js", "--json")])
def test_bash_completes(typed, offered):
    position = str(len(typed.split()) - 1)
    result = complete("complete_bash", COMP_WORDS=typed, COMP_CWORD=position)
    assert result.stdout.split() == [offered]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_completion_script(name):
    assert f"_PHOSPHENE_COMPLETE=complete_{name}" in complete(f"source_{name}").stdout


def complete(what, **variables):
    return CliRunner().invoke(app, [], prog_name="phosphene", env={"_PHOSPHENE_COMPLETE": what, **variables})


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_answers_for_machines_and_explains_itself(command):
    shown = CliRunner().invoke(app, [command.__name__, "--help"], prog_name="phosphene").stdout
    assert "--json" in shown
    assert command.__doc__.splitlines()[0].rstrip(".") in " ".join(shown.split())
