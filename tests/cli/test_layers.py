"""`phosphene layers`: a table for people, a list for machines."""

import json
import re
import sys
from textwrap import dedent

import pytest
from rich.console import Console
from typer.testing import CliRunner

from phosphene.cli import app
from phosphene.cli import layers as command
from phosphene.cli.network_options import input_size
from phosphene.errors import UsageError


def run(*words):
    return CliRunner().invoke(app, ["layers", *words], prog_name="phosphene")


@pytest.fixture
def mine(tmp_path):
    """A file with a function that makes a network of two layers and one that sees everything."""
    code = """
        from torch import nn
        def net():
            return nn.Sequential(nn.Conv2d(1, 4, (3, 5)), nn.MaxPool2d(2, (2, 3)), nn.AdaptiveAvgPool2d(1))
    """
    (tmp_path / "mine.py").write_text(dedent(code))
    return f"{tmp_path / 'mine.py'}:net"


# Worked out by hand: a 2x2 window of 3x5 windows is 4x6.
TABLE = """\
layer  operation            units   size  stride  receptive field
0      conv2d                   4  10x16     1x1              3x5
1      max_pool2d               4    5x5     2x3              4x6
2      adaptive_avg_pool2d      4    1x1       -      whole image
3 layers, 12 units
"""


def test_for_people(mine):
    result = run(mine, "--input-size", "1x12x20")
    assert (result.exit_code, result.stdout, result.stderr) == (0, TABLE, "")


def test_for_machines(mine):
    first, second, last = json.loads(run(mine, "--input-size", "1x12x20", "--json").stdout)
    assert first == {
        "name": "0",
        "kind": "conv2d",
        "units": 4,
        "size": [10, 16],
        "stride": [1.0, 1.0],
        "receptive_field": [3, 5],
    }
    assert (second["stride"], second["receptive_field"]) == ([2.0, 3.0], [4, 6])
    assert (last["stride"], last["receptive_field"]) == (None, None)


def test_on_a_terminal(mine, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    command.layers(mine, None, "1x12x20", False)
    written = capsys.readouterr().out
    assert "\x1b[1mlayer" in written
    shown = [line.split() for line in re.sub(r"\x1b\[[\d;]*m", "", written).splitlines()]
    assert [line for line in shown if line] == [line.split() for line in TABLE.splitlines()]


def test_strides_below_one_are_fractions():
    assert command._pair((0.5, 1 / 3)) == "1/2x1/3"


def test_a_name_is_shown_as_it_is(monkeypatch, capsys):
    monkeypatch.setattr(Console, "width", 80, raising=False)
    command._show([("[bold]a[/bold]", "relu", "1", "2x2", "1x1", "3x3")], "1 layer")
    assert "[bold]a[/bold]" in capsys.readouterr().out


def test_the_blogs_network_without_a_word_on_stderr():
    result = run("cifar")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:-1]] == (
        "conv1 relu1 pool1 conv2 relu2 pool2 fc1 fc2".split()
    )


def test_no_weights_are_asked_for():
    result = run("torchvision/squeezenet1_1", "--input-size", "3x65x97")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1].split() == ["features.0", "conv2d", "64", "32x48", "2x2", "3x3"]


def test_weights_that_do_not_fit(mine, tmp_path):
    (tmp_path / "x.pt").write_bytes(b"nothing")
    result = run(mine, "--weights", str(tmp_path / "x.pt"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is no file of PyTorch weights; give a .safetensors" in result.stderr


def test_an_unknown_network():
    result = run("torchvision/resnet19")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == ("phosphene: torchvision has no network 'resnet19'; did you mean 'torchvision/resnet18'?\n")


def test_input_sizes():
    assert input_size(None) is None
    assert input_size("1X28x30 ") == (1, 28, 30)


@pytest.mark.parametrize("typed", ["224", "3x224", "3x0x9", "-3x9x9", "3x9x9x9", "ax9x9", ""])
def test_what_is_no_input_size(typed):
    with pytest.raises(UsageError, match="is no input size; give channels, height and width, such as 3x224x224"):
        input_size(typed)
