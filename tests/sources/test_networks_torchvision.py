"""``torchvision/NAME``: the architecture, and the size, preprocessing and class names of its published weights."""

import math
import urllib.error
from pathlib import Path

import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

import phosphene as ph
from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.torchvision_models import torchvision_names

SHARED = Path(__file__).parents[3] / "shared"
SQUEEZENET = SHARED / "models/squeezenet1_0-imagenet.safetensors"
PHOTOGRAPHS = SHARED / "data/imagenet-samples.zip"


def photograph():
    """A picture with an edge everywhere, wider than high."""
    ramp = Image.linear_gradient("L").resize((640, 480))
    return Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(45)))


@pytest.fixture
def weights(tmp_path):
    """Write a file of weights of a torchvision network, as its users do."""

    def written(name, **options):
        torch.manual_seed(7)
        model = torchvision.models.get_model(name, weights=None, **options).eval()
        save_file(model.state_dict(), tmp_path / f"{name}.safetensors")
        return tmp_path / f"{name}.safetensors", model

    return written


def test_untrained_is_said_unless_it_was_asked_for(recwarn):
    net = ph.load("torchvision/squeezenet1_1")
    (warning,) = recwarn
    assert str(warning.message).startswith("torchvision/squeezenet1_1 has random weights, so its units have learned")
    assert warning.filename == __file__
    recwarn.clear()
    ph.load("torchvision/squeezenet1_1", "random")
    assert not recwarn
    assert (net.name, net.input_size, len(net.classes)) == ("squeezenet1_1", (3, 224, 224), 1000)
    assert net.classes[:2] == ("tench", "goldfish")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), [("inception_v3", 299), ("efficientnet_b1", 240), ("alexnet", 224)])
def test_each_has_its_own_size(name, side):
    assert ph.load(f"torchvision/{name}", "random").input_size == (3, side, side)


def test_preprocessing_is_nearly_that_of_torchvision():
    net = ph.load("torchvision/squeezenet1_0", "random")
    expected = torchvision.models.SqueezeNet1_0_Weights.DEFAULT.transforms()(photograph())
    assert (net.preprocess(photograph()) - expected).abs().mean() < 0.02


@pytest.mark.slow
def test_another_input_size_keeps_the_share_of_the_picture():
    net = ph.load("torchvision/resnet18", "random", input_size=(3, 112, 160))
    assert net.preprocess.resize == max(round(256 * 112 / 224), 160)
    assert net.prepare(photograph()).shape == (1, 3, 112, 160)
    assert net.layer("conv1").size == (56, 80)


def test_weights_from_a_file(weights):
    path, model = weights("squeezenet1_1")
    net = ph.load("torchvision/squeezenet1_1", path)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(net.model(x), model(x))


def test_a_file_for_other_classes(weights):
    path, _ = weights("squeezenet1_1", num_classes=3)
    net = ph.load("torchvision/squeezenet1_1", path)
    assert (net.classes, net.scores(torch.rand(1, 3, 64, 64)).shape) == (None, (1, 3))
    assert ph.load("torchvision/squeezenet1_1", path, classes=["a", "b", "c"]).classes == ("a", "b", "c")
    with pytest.raises(PhospheneError, match="was trained for 3 classes, but torchvision/squeezenet1_1 has 2"):
        ph.load("torchvision/squeezenet1_1", path, classes=["a", "b"])


@pytest.mark.slow
@pytest.mark.parametrize("aux", [True, False])
def test_heads_for_training_only_may_be_there_or_not(weights, aux):
    path, model = weights("googlenet", aux_logits=aux, init_weights=False, transform_input=True)
    net = ph.load("torchvision/googlenet", path)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(net.model(x), model(x))


@pytest.mark.slow
def test_inputs_are_rescaled_inside_where_published_weights_want_it():
    assert ph.load("torchvision/googlenet", "random").model.transform_input
    assert ph.load("torchvision/inception_v3", "random").model.transform_input


@pytest.mark.slow
def test_names_of_torchvisions_first_densenets(weights, tmp_path):
    _, model = weights("densenet121")
    old = {name.replace("norm1", "norm.1").replace("conv2", "conv.2"): t for name, t in model.state_dict().items()}
    assert old.keys() != model.state_dict().keys()
    torch.save(old, tmp_path / "old.pth")
    net = ph.load("torchvision/densenet121", tmp_path / "old.pth")
    found, expected = net.model.state_dict(), model.state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected if "num_batches" not in name)


def test_weights_whose_format_has_a_version(weights):
    path, model = weights("mnasnet0_5")  # torchvision refuses it without the version that only a pickle carries
    net = ph.load("torchvision/mnasnet0_5", path)
    assert torch.equal(net.model.classifier[1].weight, model.classifier[1].weight)


def test_a_segmentation_network():
    net = ph.load("torchvision/lraspp_mobilenet_v3_large", "random", input_size=(3, 64, 64))
    assert net.scores(torch.rand(1, 3, 64, 64)).shape == (1, 21, 64, 64)
    assert net.classes[0] == "__background__"


@pytest.mark.parametrize(
    ("spec", "weights", "sentence"),
    [
        ("resnet19", None, "torchvision has no network 'resnet19'; did you mean 'torchvision/resnet18'?"),
        ("%", None, "torchvision has no network '%', such as torchvision/resnet18"),
        ("raft_large", None, "torchvision/raft_large does not take single pictures; give a classification or"),
        ("resnet18", "IMAGENET1K_V3", "torchvision/resnet18 has no weights 'IMAGENET1K_V3'; did you mean"),
        ("resnet18", "qqq", "has no weights 'qqq'; give a file or IMAGENET1K_V1, DEFAULT or random"),
        ("resnet18", "no.pth", "there is no file of weights 'no.pth'; check its name"),
    ],
)
def test_what_is_not_there(spec, weights, sentence):
    with pytest.raises(UsageError) as failure:
        ph.load(f"torchvision/{spec}", weights)
    assert sentence in str(failure.value)


def test_channels_that_do_not_fit():
    with pytest.raises(UsageError, match="takes 3 channels, not 1; give its input size as 3x64x64"):
        ph.load("torchvision/resnet18", "random", input_size=(1, 64, 64))


def test_published_weights_offline(monkeypatch, tmp_path):
    def offline(*args, **options):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    url = torchvision.models.SqueezeNet1_1_Weights.DEFAULT.url
    with pytest.raises(PhospheneError) as failure:
        ph.load("torchvision/squeezenet1_1", "DEFAULT")
    assert str(failure.value) == (
        f"the weights of torchvision/squeezenet1_1 could not be downloaded (no network); fetch {url} where there is "
        "a network, and give the file as weights"
    )


def test_published_weights_are_taken_from_pytorchs_cache(monkeypatch, tmp_path, weights):
    _, model = weights("squeezenet1_1")
    name = Path(torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1.url).name
    (tmp_path / "checkpoints").mkdir()
    torch.save(model.state_dict(), tmp_path / "checkpoints" / name)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    net = ph.load("torchvision/squeezenet1_1", "IMAGENET1K_V1")
    assert torch.equal(net.model.features[0].weight, model.features[0].weight)


def test_every_name_has_published_weights_to_take_settings_from():
    names = torchvision_names()
    assert {"alexnet", "vit_b_16", "convnext_tiny", "fcn_resnet50"} <= set(names)
    assert not {"raft_large", "fasterrcnn_resnet50_fpn", "quantized_resnet18"} & set(names)
    assert all(torchvision.models.get_model_weights(name).DEFAULT.meta["categories"] for name in names)


@pytest.mark.slow
@pytest.mark.skipif(not PHOTOGRAPHS.exists(), reason="needs the photographs and weights of ../shared")
def test_real_weights_name_real_photographs():
    net = ph.load("torchvision/squeezenet1_0", SQUEEZENET)
    pictures = ph.images(PHOTOGRAPHS).take(60, seed=0)
    named = [_plain(net.classes[int(net.scores(p.open()).argmax())]) for p in pictures]
    wanted = [_plain(Path(picture.id).stem.split("_", 1)[1]) for picture in pictures]
    right = sum(a == b for a, b in zip(named, wanted, strict=True)) / 60
    spread = math.sqrt(0.577 * 0.423 / 60)  # the whole set: 57.7 %
    assert abs(right - 0.577) < 2.5 * spread


def _plain(name):
    return "".join(letter for letter in name.lower() if letter.isalpha())
