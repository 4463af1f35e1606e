"""``FILE.py:function``: networks of a user's own code."""

import sys
from textwrap import dedent

import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.errors import PhospheneError, UsageError


@pytest.fixture
def file(tmp_path):
    """Write a Python file and return its path as text."""

    def written(code, name="mine.py"):
        (tmp_path / name).write_text("import torch\nfrom torch import nn\n" + dedent(code))
        return str(tmp_path / name)

    return written


NET = """
    def net():
        return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Dropout())
"""


def test_a_function_that_returns_a_module(file):
    net = ph.load(f"{file(NET)}:net", input_size=(1, 9, 7), classes=["a", "b"])
    assert (net.name, net.input_size, net.classes) == ("net", (1, 9, 7), ("a", "b"))
    assert not net.model.training
    assert [(layer.name, layer.size) for layer in net.layers()] == [("0", (7, 5)), ("1", (7, 5))]


def test_a_function_that_returns_a_network_with_its_own_preprocessing(file):
    code = """
        import phosphene as ph
        from phosphene.preprocessing import Preprocessing
        def grey():
            model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
            return ph.Network(model, Preprocessing((12, 10), (0.5,), (0.25,)), ["x"], (1, 12, 10), "grey")
    """
    net = ph.load(f"{file(code)}:grey")
    assert (net.name, net.input_size, net.scale.gain.tolist()) == ("grey", (1, 12, 10), [4.0])
    with pytest.raises(UsageError, match="returns a Network, which has its input size and classes; leave them out"):
        ph.load(f"{file(code)}:grey", input_size=(1, 9, 9))


def test_a_class_will_do_and_neighbours_can_be_imported(file):
    file("WIDTH = 5", "neighbour_of_mine.py")
    code = """
        from neighbour_of_mine import WIDTH
        class Net(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Conv2d(3, WIDTH, 3))
    """
    before = list(sys.path)
    assert ph.load(f"{file(code)}:Net").layers()[0].units == 5
    assert sys.path == before


def test_with_weights(file, tmp_path):
    given = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Dropout())
    torch.save({"state_dict": given.state_dict()}, tmp_path / "w.pt")
    net = ph.load(f"{file(NET)}:net", tmp_path / "w.pt")
    assert torch.equal(net.model[0].weight, given[0].weight)


@pytest.mark.parametrize(
    ("code", "function", "error", "said"),
    [
        (NET, "nett", UsageError, "has no function 'nett'; did you mean 'net'?"),
        ("x = 3", "x", UsageError, "has no function 'x'; name one that returns an nn.Module"),
        ("def f(): return 3", "f", PhospheneError, "returned a int; let it return an nn.Module or a Network"),
        ("def f(): 1 / 0", "f", PhospheneError, "raised ZeroDivisionError: division by zero; mend it, or run it by"),
        ("def f(width): ...", "f", PhospheneError, "raised TypeError: f() missing 1 required positional argument"),
        ("import no_such_thing_here", "f", PhospheneError, "raised ModuleNotFoundError: No module named 'no_such"),
        ("def f(:", "f", PhospheneError, "raised SyntaxError: "),
        ("raise SystemExit('no')", "f", PhospheneError, "raised SystemExit: no; mend it"),
    ],
)
def test_mistakes(file, code, function, error, said):
    with pytest.raises(error) as failure:
        ph.load(f"{file(code)}:{function}")
    assert said in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_misspelt_file(file):
    path = file(NET)
    with pytest.raises(UsageError, match=r"there is no file '.*mime\.py'; did you mean '.*mine\.py'\?"):
        ph.load(f"{path.replace('mine', 'mime')}:net")


def test_misspelt_weights(file, tmp_path):
    torch.save({}, tmp_path / "weights.pt")
    with pytest.raises(UsageError, match=r"there is no file of weights .*; did you mean '.*weights\.pt'\?"):
        ph.load(f"{file(NET)}:net", tmp_path / "wieghts.pt")
    with pytest.raises(UsageError, match="is a folder; give the file of weights that is in it"):
        ph.load(f"{file(NET)}:net", tmp_path)
