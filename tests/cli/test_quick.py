"""Quick commands: OpenMP itself says how its threads wait, as it prints its settings when it is loaded."""

import gc
import os
import subprocess
import sys

import pytest

from phosphene.cli.quick import importing

pytestmark = pytest.mark.slow

SLEEPING = "GOMP_SPINCOUNT = '0'"  # how often a waiting thread looks before it sleeps

CODE = """
import sys
from phosphene.cli import main
sys.argv = ["phosphene", "show", "cifar", "nowhere.png", "--layer", "relu1", "--out", "a.png"]
main()
"""


def settings(code, **chosen):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    environment |= {"OMP_DISPLAY_ENV": "VERBOSE", **chosen}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environment)
    return run.stderr


@pytest.fixture(scope="module")
def _openmp():
    if SLEEPING not in settings("import torch", OMP_WAIT_POLICY="PASSIVE"):
        pytest.skip("this PyTorch does not use an OpenMP that tells its settings")


@pytest.mark.usefixtures("_openmp")
def test_threads_of_show_sleep_while_they_wait():
    assert SLEEPING not in settings("import torch"), "they sleep anyway, and the test shows nothing"
    assert SLEEPING in settings(CODE)


@pytest.mark.usefixtures("_openmp")
def test_what_the_user_has_chosen_stays():
    assert SLEEPING not in settings(CODE, OMP_WAIT_POLICY="ACTIVE")


@pytest.mark.parametrize("on", [True, False])
def test_garbage_is_looked_for_again_after_importing(on):
    try:
        gc.enable() if on else gc.disable()
        with importing():
            assert not gc.isenabled()
        assert gc.isenabled() == on
    finally:
        gc.enable()
