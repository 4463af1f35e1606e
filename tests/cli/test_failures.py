"""Whatever goes wrong, the user reads one sentence and the shell gets the right exit code."""

import errno

import pytest
import typer
from typer.testing import CliRunner

from phosphene.cli.common import Device, Seed
from phosphene.cli.failures import SentenceGroup
from phosphene.errors import PhospheneError, UsageError

FAILURES = {
    "job": PhospheneError("the file is broken; download it again"),
    "usage": UsageError("there is no layer 'conv9'; did you mean 'conv2'?"),
    "stop": KeyboardInterrupt(),
    "kept": KeyboardInterrupt("stopped after epoch 3; go on with --resume"),
    "full": OSError(errno.ENOSPC, "No space left on device", "out.png"),
    "locked": PermissionError(errno.EACCES, "Permission denied", "out.png"),
    "strange": OSError(errno.EIO, "Input/output error"),
    "memory": MemoryError(),
    "absent": ModuleNotFoundError("No module named 'timm'", name="timm"),
    "bug": ZeroDivisionError("division by zero"),
}

SAID = {
    "job": (1, "the file is broken; download it again"),
    "usage": (2, "there is no layer 'conv9'; did you mean 'conv2'?"),
    "stop": (130, "stopped"),
    "kept": (130, "stopped after epoch 3; go on with --resume"),
    "full": (1, "cannot use the file 'out.png': the disk is full; make room or choose another folder"),
    "locked": (1, "cannot use the file 'out.png': there is no permission for it; choose another place"),
    "strange": (1, "cannot use the file: Input/output error"),
    "memory": (1, "there is not enough memory for this; take fewer or smaller images, or --device cpu"),
    "absent": (1, "the package 'timm' is missing; 'phosphene doctor' says how to get it"),
}


def fail(kind: str) -> None:
    raise FAILURES[kind]


def spare(device: Device, seed: Seed = 0, layer: str = typer.Option(...)) -> None:
    typer.echo(f"{device} {seed} {layer}")


@pytest.fixture
def run():
    app = typer.Typer(name="phosphene", cls=SentenceGroup, rich_markup_mode=None)
    app.command()(fail)
    app.command()(spare)
    return lambda *words: CliRunner().invoke(app, list(words), prog_name="phosphene")


@pytest.mark.parametrize("kind", SAID)
def test_failures_of_a_command(run, kind):
    code, sentence = SAID[kind]
    result = run("fail", kind)
    assert (result.exit_code, result.stderr, result.stdout) == (code, f"phosphene: {sentence}\n", "")


def test_a_bug_names_its_place_and_how_to_report_it(run):
    result = run("fail", "bug")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "ZeroDivisionError: division by zero, at test_failures.py:" in result.stderr
    assert "PHOSPHENE_DEBUG=1" in result.stderr


def test_debugging_shows_the_traceback(run, monkeypatch):
    monkeypatch.setenv("PHOSPHENE_DEBUG", "1")
    result = run("fail", "usage")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("phosphene: there is no layer 'conv9'; did you mean 'conv2'?\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("spre", "there is no command 'spre'; did you mean 'spare'?"),
        ("zzz", "there is no command 'zzz'; use one of: fail, spare"),
        ("spare --layr x", "'phosphene spare' has no option '--layr'; did you mean '--layer'?"),
        ("spare --layer", "option '--layer' requires an argument; see 'phosphene"),
        ("fail", "; see 'phosphene fail --help'"),
        ("fail job more", "got unexpected extra argument"),
        ("spare --layer x --device gpu", "'gpu' is not one of 'auto', 'cpu', 'cuda', 'mps'"),
        ("spare --layer x --device cpu --seed -1", "--seed"),
        ("spare --device cpu", "--layer"),
    ],
)
def test_wrong_usage_is_one_sentence(run, words, sentence):
    result = run(*words.split())
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.startswith("phosphene: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_success_is_silent_on_stderr(run):
    result = run("spare", "--layer", "conv1", "--device", "cpu", "--seed", "7")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "cpu 7 conv1\n", "")
