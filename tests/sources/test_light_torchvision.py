"""torchvision without PyTorch's compiler: the same torchvision, sooner. Each in a process that has imported nothing."""

import subprocess
import sys

import pytest


def printed(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


LIGHT = """
import sys
from phosphene.sources.light_torchvision import import_torchvision
import_torchvision()
"""


def test_the_compiler_is_not_imported_and_nothing_stands_in_its_place():
    said = printed(LIGHT + "print('torchvision' in sys.modules, [n for n in sys.modules if 'torch._dynamo' in n])")
    assert said == ["True", "[]"]


def test_what_torchvision_took_from_the_compiler_answers_as_the_compiler_does():
    code = """
from torchvision.ops.roi_align import is_compile_supported as ours
mine = [ours(device) for device in ("cpu", "cuda", "meta")]
from torch._dynamo.utils import is_compile_supported
print(mine == [is_compile_supported(device) for device in ("cpu", "cuda", "meta")], ours is not is_compile_supported)
"""
    assert printed(LIGHT + code) == ["True", "True"]


def test_a_detection_operator_still_computes():
    code = """
import torch
from torchvision.ops import roi_align
picture = torch.arange(16.0).reshape(1, 1, 4, 4)
print(float(roi_align(picture, [torch.tensor([[0.0, 0.0, 4.0, 4.0]])], 1, aligned=True).detach()))
"""
    assert printed(LIGHT + code) == ["7.5"]  # the mean of the picture


@pytest.mark.parametrize("first", ["torchvision", "torch._dynamo.utils"])
def test_who_has_imported_it_already_keeps_it(first):
    code = f"import {first}, sys; before = sys.modules['{first}']"
    assert printed(code + LIGHT + f"print(sys.modules['{first}'] is before)") == ["True"]


def test_whoever_asks_for_more_gets_the_compiler_itself():
    code = """
import sys
from phosphene.sources import light_torchvision as light
sys.modules["torch._dynamo.utils"] = light._Later("torch._dynamo.utils")
from torch._dynamo.utils import counters
import torch._dynamo.utils as real
print(counters is real.counters, type(real).__name__)
"""
    assert printed(code) == ["True", "module"]


def test_show_imports_nothing_that_it_does_without(tmp_path):
    code = f"""
import sys
from PIL import Image
from phosphene.cli import main
Image.new("RGB", (64, 64), "red").save(r"{tmp_path / "a.png"}")
sys.argv = ["phosphene", "show", "torchvision/squeezenet1_0", r"{tmp_path / "a.png"}", "--weights", "random",
            "--input-size", "3x64x64", "--layer", "features.1", "--out", r"{tmp_path / "b.png"}"]
try:
    main()
except SystemExit:
    pass
print([n for n in ("torch._dynamo", "matplotlib", "scipy", "skimage", "fontTools", "sympy") if n in sys.modules])
"""
    assert printed(code)[-1] == "[]"
    assert (tmp_path / "b.png").exists()
