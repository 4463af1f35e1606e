"""torchvision without PyTorch's compiler: the same torchvision, sooner. In two processes that had imported nothing."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def told(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


SHOWN = """
import json, sys
import torch
from PIL import Image
from phosphene.cli import main
from phosphene.sources.light_torchvision import import_torchvision
said = {}
Image.new("RGB", (64, 64), "red").save("a.png")
sys.argv = ["phosphene", "show", "torchvision/squeezenet1_0", "a.png", "--weights", "random",
            "--input-size", "3x64x64", "--layer", "features.1", "--out", "b.png"]
try:
    main()
except SystemExit:
    pass
without = ("torch._dynamo", "matplotlib", "scipy", "skimage", "fontTools", "sympy")
said["shown with"] = [name for name in without if name in sys.modules]
import_torchvision()
said["torchvision"] = "torchvision" in sys.modules
said["compiler"] = [name for name in sys.modules if "torch._dynamo" in name]
from torchvision.ops import roi_align
picture = torch.arange(16.0).reshape(1, 1, 4, 4)
said["operator"] = float(roi_align(picture, [torch.tensor([[0.0, 0.0, 4.0, 4.0]])], 1, aligned=True).detach())
from torchvision.ops.roi_align import is_compile_supported as ours
said["ours"] = [ours(device) for device in ("cpu", "cuda", "meta")]
from torch._dynamo.utils import is_compile_supported
said["theirs"] = [is_compile_supported(device) for device in ("cpu", "cuda", "meta")]
said["ours is not theirs"] = ours is not is_compile_supported
print(json.dumps(said))
"""

KEPT = """
import json, sys
from phosphene.sources import light_torchvision as light
said = {}
sys.modules["torch._dynamo.utils"] = light._Later("torch._dynamo.utils")
from torch._dynamo.utils import counters
import torch._dynamo.utils as real
said["counters are the real ones"] = counters is real.counters
said["real is a"] = type(real).__name__
for first in ("torch._dynamo.utils", "torchvision"):
    assert (first in sys.modules, "torchvision" in sys.modules) == (True, first == "torchvision")
    before = sys.modules[first]
    light.import_torchvision()
    said[first] = sys.modules[first] is before
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What a process says that has shown a network of torchvision, and then takes more of torchvision."""
    folder = tmp_path_factory.mktemp("shown")
    said = told(f"import os; os.chdir({str(folder)!r})" + SHOWN)
    assert (folder / "b.png").exists()
    return said


@pytest.fixture(scope="module")
def kept():
    """What a process says that has the compiler, then torchvision too."""
    return told(KEPT)


def test_show_imports_nothing_that_it_does_without(shown):
    assert shown["shown with"] == []


def test_the_compiler_is_not_imported_and_nothing_stands_in_its_place(shown):
    assert shown["torchvision"]
    assert shown["compiler"] == []


def test_a_detection_operator_still_computes(shown):
    assert shown["operator"] == 7.5  # the mean of the picture


def test_what_torchvision_took_from_the_compiler_answers_as_the_compiler_does(shown):
    assert shown["ours"] == shown["theirs"]
    assert shown["ours is not theirs"]


@pytest.mark.parametrize("first", ["torchvision", "torch._dynamo.utils"])
def test_who_has_imported_it_already_keeps_it(kept, first):
    assert kept[first]


def test_whoever_asks_for_more_gets_the_compiler_itself(kept):
    assert kept["counters are the real ones"]
    assert kept["real is a"] == "module"
