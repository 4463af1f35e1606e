"""Answers on stdout, progress on stderr."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from phosphene.cli.common import DeviceName, answer, say, warnings_said
from phosphene.device import DEVICES


@dataclass(frozen=True)
class Found:
    name: str
    values: tuple[float, ...]
    place: Path


def test_an_answer_for_people(capsys):
    answer("three layers", {"layers": 3}, as_json=False)
    assert capsys.readouterr() == ("three layers\n", "")


def test_an_answer_for_machines_is_strict_json(capsys):
    found = Found("conv2:9", (1.5, float("nan"), float("inf")), Path("a") / "ü.png")
    answer("", {"found": [found], 3: None, "yes": True}, as_json=True)
    written = capsys.readouterr().out
    strict = json.loads(written, parse_constant=lambda name: 1 / 0)
    assert strict == {
        "found": [{"name": "conv2:9", "values": [1.5, None, None], "place": str(Path("a") / "ü.png")}],
        "3": None,
        "yes": True,
    }
    assert "ü" in written


def test_progress_stays_off_stdout(capsys):
    say("half done")
    assert capsys.readouterr() == ("", "half done\n")


def test_the_option_takes_what_the_library_takes():
    assert tuple(DeviceName) == DEVICES


def test_warnings_are_notes_but_for_files_that_a_library_left_open(capsys):
    with warnings_said():
        warnings.warn("held fixed", UserWarning, stacklevel=1)
        warnings.warn("unclosed file", ResourceWarning, stacklevel=1)
    assert capsys.readouterr() == ("", "note: held fixed\n")
