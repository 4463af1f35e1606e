"""Networks by name: which source a name goes to, and what is said of a name that nobody knows."""

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


def test_a_network_that_comes_along_without_what_it_learned():
    trained, drawn = (ph.load("cifar", weights).model.conv1.weight for weights in (None, "random"))
    assert trained.shape == drawn.shape
    assert not torch.equal(trained, drawn)


def test_other_weights_for_a_network_that_comes_along(tmp_path):
    model = BlogNet(10)
    torch.save(model.state_dict(), tmp_path / "mine.pt")
    assert torch.equal(ph.load("cifar", tmp_path / "mine.pt").model.fc2.bias, model.fc2.bias)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("cifer", "there is no network 'cifer'; did you mean 'cifar'?"),
        ("resnet18", "there is no network 'resnet18'; did you mean 'torchvision/resnet18'?"),
        ("net.py", "there is no network 'net.py'; say which function of the file makes the network: net.py:FUNCTION"),
        ("no.safetensors", "there is no file 'no.safetensors'; check its name"),
        (
            "?",
            "there is no network '?'; use cifar, cifar-deep, torchvision/NAME, timm/NAME, hf/REPO, FILE.py:FUNCTION "
            "or a .safetensors file of 'phosphene train'",
        ),
    ],
)
def test_what_is_not_there(spec, sentence):
    with pytest.raises(UsageError) as failure:
        ph.load(spec)
    assert str(failure.value) == sentence


def test_a_misspelt_file(trained):
    with pytest.raises(UsageError, match=r"did you mean '.*pets\.safetensors'\?$"):
        ph.load(trained[0].with_name("pest.safetensors"))


def test_weights_that_do_not_say_for_which_network(tmp_path):
    (tmp_path / "x.pt").write_bytes(b"anything")
    with pytest.raises(UsageError, match="does not say for which network its weights are; name both, such as"):
        ph.load(tmp_path / "x.pt")


def test_a_size_that_our_networks_do_not_take():
    with pytest.raises(UsageError, match="cifar takes pictures of 3x32x32 only; leave the input size out"):
        ph.load("cifar", input_size=(3, 64, 64))


def test_a_model_is_no_name():
    with pytest.raises(UsageError, match=r"not a BlogNet; wrap a model of yours in ph\.Network"):
        ph.load(BlogNet())


def test_an_unknown_device():
    with pytest.raises(UsageError, match="there is no device 'gpu'"):
        ph.load("cifar", device="gpu")


def test_a_damaged_file_of_ours(trained):
    path, _ = trained
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(PhospheneError):
        ph.load(path)
