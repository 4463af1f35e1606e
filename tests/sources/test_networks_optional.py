"""``timm/NAME`` and ``hf/REPO``: with the optional packages where they are, and one sentence where they are not."""

import builtins
import json
import sys

import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.errors import PhospheneError, UsageError


@pytest.mark.parametrize(
    ("spec", "package", "extra"), [("timm/resnet18", "timm", "timm"), ("hf/a/b", "transformers", "hf")]
)
def test_a_package_that_is_missing(monkeypatch, spec, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PhospheneError) as failure:
        ph.load(spec, "random")
    assert str(failure.value) == (
        f"{spec} needs the package {package!r}, which is missing; get it with: "
        f"python -m pip install 'phosphene[{extra}]'"
    )


# -- timm ------------------------------------------------------------------------------------------------------------

TINY = "test_resnet"  # timm's own small network for tests


@pytest.fixture
def timm():
    return pytest.importorskip("timm", reason="timm is not installed", exc_type=ImportError)


def test_timm_with_its_own_settings(timm):
    net = ph.load(f"timm/{TINY}", "random")
    settings = timm.data.resolve_model_data_config(net.model)
    assert net.input_size == tuple(settings["input_size"])
    assert net.preprocess.mean == tuple(settings["mean"])
    assert net.preprocess.resize == int(net.input_size[1] / settings["crop_pct"])
    assert net.classes[1].startswith("goldfish")
    assert net.scores(torch.rand(1, *net.input_size)).shape == (1, 1000)
    assert net.layers()


def test_timm_untrained_is_said(timm):
    with pytest.warns(UserWarning, match="has random weights") as said:
        ph.load(f"timm/{TINY}")
    assert said[0].filename == __file__


def test_timm_weights_from_a_file(timm, tmp_path):
    model = timm.create_model(TINY, num_classes=4).eval()
    torch.save({"state_dict": model.state_dict()}, tmp_path / "x.pth")
    net = ph.load(f"timm/{TINY}", tmp_path / "x.pth")
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(net.model(x), model(x))
    assert net.classes is None


def test_timm_in_grey(timm):
    net = ph.load(f"timm/{TINY}", "random", input_size=(1, 48, 40), classes=["a", "b"])
    assert net.prepare(Image.new("RGB", (90, 70))).shape == (1, 1, 48, 40)
    assert net.scores(torch.rand(1, 1, 48, 40)).shape == (1, 2)


def test_timm_names(timm):
    with pytest.raises(UsageError, match="timm has no network 'resnett18'; did you mean 'timm/resnet18'"):
        ph.load("timm/resnett18", "random")
    with pytest.raises(UsageError, match=r"timm/resnet18 has no weights 'a1_in2k'; did you mean 'a1_in1k'\?"):
        ph.load("timm/resnet18.a1_in2k", "random")
    with pytest.raises(UsageError, match="timm/test_resnet has no weights 'best'; give a file or DEFAULT or random"):
        ph.load(f"timm/{TINY}", "best")


def test_timm_offline(timm, monkeypatch):
    def offline(name, pretrained=False, **options):
        raise RuntimeError("no network\nand many more lines")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(PhospheneError) as failure:
        ph.load(f"timm/{TINY}", "DEFAULT")
    assert str(failure.value) == (
        f"timm/{TINY} could not be fetched (no network); fetch it where there is a network, and give the file of "
        "weights"
    )


# -- transformers ----------------------------------------------------------------------------------------------------


@pytest.fixture
def transformers():
    return pytest.importorskip("transformers", reason="transformers is not installed", exc_type=ImportError)


@pytest.fixture
def repository(transformers, tmp_path):
    """A small image classifier in a folder, as its authors would upload it, and the model."""
    torch.manual_seed(8)
    config = transformers.ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 12],
        depths=[1, 1],
        layer_type="basic",
        id2label={0: "cat", 1: "dog", 2: "ox"},
    )
    model = transformers.ResNetForImageClassification(config).eval()
    model.save_pretrained(tmp_path / "small-net")
    prepared = {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": 40, "width": 56},
        "do_resize": True,
        "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.25, 0.25, 0.25],
    }
    (tmp_path / "small-net/preprocessor_config.json").write_text(json.dumps(prepared))
    return tmp_path / "small-net", model


def test_a_repository_with_its_weights_preprocessing_and_classes(repository):
    folder, model = repository
    net = ph.load(f"hf/{folder}")
    assert (net.name, net.classes, net.input_size) == ("small-net", ("cat", "dog", "ox"), (3, 40, 56))
    assert torch.allclose(net.scale.gain, torch.full((3,), 4.0), atol=1e-4)
    x = torch.rand(2, 3, 40, 56)
    with torch.no_grad():
        assert torch.equal(net.scores(x), model(x).logits)
    assert "resnet.embedder.embedder.convolution" in [layer.name for layer in net.layers()]


def test_a_repository_with_other_weights(repository, tmp_path):
    folder, model = repository
    drawn = ph.load(f"hf/{folder}", "random").model
    assert not torch.equal(drawn.classifier[1].weight, model.classifier[1].weight)
    torch.save(model.state_dict(), tmp_path / "x.pt")
    assert torch.equal(
        ph.load(f"hf/{folder}", tmp_path / "x.pt").model.classifier[1].weight, model.classifier[1].weight
    )


def test_a_repository_with_pickled_weights_only(repository):
    folder, model = repository
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(PhospheneError, match="could not be fetched"):
        ph.load(f"hf/{folder}")


def test_code_of_a_repository_is_not_run(repository):
    folder, _ = repository
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "theirs", "auto_map": {"AutoConfig": "theirs.Config"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "theirs.py").write_text("import builtins\nbuiltins.phosphene_sprung = True\n")
    with pytest.raises(PhospheneError, match="could not be fetched"):
        ph.load(f"hf/{folder}")
    assert not hasattr(builtins, "phosphene_sprung")


def test_a_repository_that_does_not_say_how_pictures_are_prepared(repository):
    folder, _ = repository
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(PhospheneError, match=r"its preprocessor_config\.json must say how pictures are prepared"):
        ph.load(f"hf/{folder}")


def test_a_repository_has_its_own_size(repository):
    with pytest.raises(UsageError, match="prepares pictures as 3x40x56; leave the input size out"):
        ph.load(f"hf/{repository[0]}", input_size=(3, 64, 64))
