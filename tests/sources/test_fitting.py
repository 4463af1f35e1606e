"""Weights find their place in a model whatever wrapped them, and what does not fit is named."""

import copy
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file, save_model
from torch import nn

from phosphene.errors import PhospheneError
from phosphene.sources.fitting import OtherClassesError, fit


class Small(nn.Module):
    """A convolution, a norm, a named block and a head."""

    def __init__(self, classes=10, inputs=3):
        super().__init__()
        self.conv = nn.Conv2d(inputs, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.block = nn.Sequential(OrderedDict(conv1=nn.Conv2d(4, 4, 1), norm1=nn.BatchNorm2d(4)))
        self.head = nn.Linear(4, classes)

    def forward(self, x):
        x = self.block(F.relu(self.norm(self.conv(x))))
        return self.head(x.mean((2, 3)))


@pytest.fixture
def trained():
    torch.manual_seed(5)
    model = Small().eval()
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 2)
    return model


def fits(model, tensors, tmp_path):
    """Whether a fresh model with ``tensors`` answers as ``model`` does: names are not enough."""
    torch.save(tensors, tmp_path / "x.pt")
    torch.manual_seed(6)
    other = Small().eval()
    x = torch.randn(2, 3, 8, 8)
    assert not torch.allclose(other(x), model(x), atol=1e-2)
    fit(other, tmp_path / "x.pt", "small")
    return torch.equal(other(x), model(x))


def renamed(model, change):
    return {change(name): tensor for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name,
        lambda name: f"module.{name}",
        lambda name: f"model.{name}",
        lambda name: f"_orig_mod.{name}",
        lambda name: f"module._orig_mod.{name}",
        lambda name: f"model.module.{name}",
        lambda name: f"backbone.{name}",
        lambda name: name.replace("block.", "block._orig_mod."),
        lambda name: name.replace("conv1", "conv.1").replace("norm1", "norm.1"),
    ],
)
def test_names_of_wrappers(trained, tmp_path, change):
    assert fits(trained, renamed(trained, change), tmp_path)


@pytest.mark.slow
def test_what_pytorch_itself_wraps(trained, tmp_path):
    average = torch.optim.swa_utils.AveragedModel(trained)
    assert fits(trained, average.state_dict(), tmp_path)
    assert fits(trained, torch.compile(trained).state_dict(), tmp_path)


def test_a_lightning_module_with_a_loss_of_its_own(trained, tmp_path):
    content = renamed(trained, lambda name: f"model.{name}") | {"loss.weight": torch.ones(10)}
    assert fits(trained, {"state_dict": content}, tmp_path)


def test_the_usual_wrapper_goes_before_others(trained, tmp_path):
    other = renamed(Small(), lambda name: f"ema.{name}")
    assert fits(trained, {**other, **renamed(trained, lambda name: f"model.{name}")}, tmp_path)


def test_two_sets_under_prefixes_nobody_knows(trained, tmp_path):
    both = {**renamed(trained, lambda name: f"teacher.{name}"), **renamed(trained, lambda name: f"student.{name}")}
    with pytest.raises(PhospheneError, match=r"under 'teacher\.' and 'student\.'; save the set that you mean alone"):
        fits(trained, both, tmp_path)


def test_a_model_that_is_wrapped_itself(trained, tmp_path):
    class Wrapping(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Small()

    torch.save(trained.state_dict(), tmp_path / "x.pt")
    wrapping = Wrapping()
    fit(wrapping, tmp_path / "x.pt", "wrapping")
    assert torch.equal(wrapping.net.head.weight, trained.head.weight)


def test_without_the_counters_of_batch_norm(trained, tmp_path):
    tensors = {n: t for n, t in trained.state_dict().items() if not n.endswith("num_batches_tracked")}
    assert fits(trained, tensors, tmp_path)


def test_half_precision_into_float32(trained, tmp_path):
    halves = {name: t.half() if t.is_floating_point() else t for name, t in trained.state_dict().items()}
    save_file(halves, tmp_path / "x.safetensors")
    other = Small()
    fit(other, tmp_path / "x.safetensors", "small")
    assert other.conv.weight.dtype == torch.float32
    assert torch.equal(other.conv.weight, trained.conv.weight.half().float())


def test_a_layer_that_is_used_under_two_names(tmp_path):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(2, 2)
            self.b = self.a

    model, other = Twice(), Twice()
    save_model(model, str(tmp_path / "x.safetensors"))  # keeps one name of each tensor
    fit(other, tmp_path / "x.safetensors", "twice")
    assert torch.equal(other.b.weight, model.a.weight)


def test_heads_that_are_not_used(trained, tmp_path):
    torch.save({**trained.state_dict(), "aux.weight": torch.ones(3)}, tmp_path / "x.pt")
    fit(Small(), tmp_path / "x.pt", "small", unused=("aux.",))
    with pytest.raises(PhospheneError, match=r"it has aux\.weight that the network lacks"):
        fit(Small(), tmp_path / "x.pt", "small")


def refusal(model, tensors, tmp_path):
    path = tmp_path / "x.pt"
    torch.save(tensors, path)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(PhospheneError) as failure:
        fit(model, path, "small")
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    return str(failure.value).removeprefix(f"{str(path)!r} ")


def test_other_names(trained, tmp_path):
    tensors = renamed(trained, lambda name: name.replace("head.", "classifier."))
    assert refusal(Small(), tensors, tmp_path) == (
        "does not fit small: it misses head.weight, head.bias and has classifier.weight, classifier.bias that the "
        "network lacks; probably head.weight is called classifier.weight there: rename it and its like, and save "
        "the file again"
    )


def test_another_network(tmp_path):
    said = refusal(Small(), nn.Sequential(nn.Linear(7, 5)).state_dict(), tmp_path)
    assert said == (
        "does not fit small: it misses conv.weight, conv.bias, norm.weight and 11 more and has 0.weight, 0.bias that "
        "the network lacks; check that both are of the same network"
    )


def test_another_number_of_classes(tmp_path):
    torch.save(Small(7).state_dict(), tmp_path / "x.pt")
    with pytest.raises(OtherClassesError) as failure:
        fit(Small(), tmp_path / "x.pt", "small")
    assert failure.value.classes == 7
    assert str(failure.value).endswith(
        "was trained for 7 classes, but small has 10 (head.weight); give a network with 7 outputs"
    )


def test_another_number_of_channels(tmp_path):
    assert refusal(Small(), Small(inputs=1).state_dict(), tmp_path) == (
        "does not fit small: conv.weight is 4x1x3x3 in the file but 4x3x3x3 in the network; check that they are of "
        "the same network"
    )


def test_quantised_weights(trained, tmp_path):
    tensors = trained.state_dict() | {"conv.weight": torch.ones(4, 3, 3, 3, dtype=torch.int8)}
    assert refusal(Small(), tensors, tmp_path) == "is quantised (conv.weight is torch.int8); give float weights"
