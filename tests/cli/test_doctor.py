"""`phosphene doctor` says what is here and how to get what is not."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version

import pytest
import torch
from typer.testing import CliRunner

import phosphene
from phosphene import installation
from phosphene.cli import app


def run(*words):
    return CliRunner().invoke(app, ["doctor", *words], prog_name="phosphene")


@pytest.fixture
def without(monkeypatch):
    """Pretend that some packages are not installed."""

    def pretend(*names):
        def look_up(name):
            if name in names:
                raise PackageNotFoundError(name)
            return version(name)

        monkeypatch.setattr(installation, "version", look_up)

    return pretend


def test_for_machines():
    result = run("--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["phosphene"], found["python"]) == (phosphene.__version__, platform.python_version())
    versions = {package["name"]: package["version"] for package in found["packages"]}
    assert versions["torch"] == version("torch")
    assert {"torch", "torchvision", "numpy", "pillow", "safetensors", "typer"} <= set(versions)
    assert found["missing"] == []
    assert found["threads"] == torch.get_num_threads()
    assert found["devices"][-1]["kind"] == "cpu"
    assert {"pytest", "ruff", "mypy"} <= {package["name"] for package in found["extras"][0]["packages"]}


def test_for_people():
    said = run().stdout
    assert f"Phosphene {phosphene.__version__}, Python {platform.python_version()}" in said
    assert "(taken by --device auto)" in said
    assert "bfloat16" in said


def test_a_missing_extra_comes_with_the_command_that_gets_it(without):
    without("captum", "ruff")
    result = run()
    assert result.exit_code == 0
    assert "missing captum, ruff; get them with: python -m pip install 'phosphene[dev]'" in result.stdout


def test_without_pytorch_it_still_answers(without):
    without("torch")
    result = run()
    assert result.exit_code == 1
    assert "torch          MISSING (takes >=2.4)" in result.stdout
    assert result.stderr == (
        "phosphene: needed packages are missing: torch; get them with: python -m pip install torch\n"
    )
