"""Networks by name and by file."""

from pathlib import Path

import pytest
import torch

import phosphene as ph
from phosphene.bundled.architectures import BlogNet
from phosphene.bundled.weights_file import About, write_weights
from phosphene.errors import PhospheneError, UsageError


@pytest.fixture
def trained(tmp_path):
    """A file as `phosphene train` writes it, and the model that was written."""
    torch.manual_seed(3)
    model = BlogNet(2).eval()
    facts = {"trained_on": "nothing", "date": "2001-01-01", "torch": "2", "phosphene": "0"}
    about = About("blog", ("cat", "dog"), (0.5, 0.4, 0.3), (0.2, 0.25, 0.5), 0.5, 10, 1, 0, **facts)
    write_weights(tmp_path / "pets.safetensors", model, about)
    return tmp_path / "pets.safetensors", model


def test_a_trained_file_with_its_classes_and_scale(trained):
    path, model = trained
    net = ph.load(path)
    assert (net.name, net.classes, net.input_size) == ("pets", ("cat", "dog"), (3, 32, 32))
    assert net.device == torch.device("cpu")
    assert torch.allclose(net.scale.gain, 1 / torch.tensor([0.2, 0.25, 0.5]), atol=1e-4)
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(net.model(x), model(x), atol=2e-3)  # the file rounds to float16


@pytest.mark.parametrize("name", ["cifar", "cifar-deep"])
def test_a_network_that_comes_along(name):
    net = ph.load(name)
    assert (net.name, len(net.classes), net.model.training) == (name, 10, False)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("cifer", "there is no network 'cifer'; did you mean 'cifar'?"),
        ("vgg", "there is no network 'vgg'; use cifar, cifar-deep or a .safetensors file of 'phosphene train'"),
        ("no.safetensors", "there is no file 'no.safetensors'; give one that 'phosphene train' wrote"),
    ],
)
def test_what_is_not_there(spec, sentence):
    with pytest.raises(UsageError) as failure:
        ph.load(spec)
    assert str(failure.value) == sentence


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(PhospheneError, match="cannot be read as safetensors"):
        ph.load(Path(tmp_path / "x.safetensors"))
