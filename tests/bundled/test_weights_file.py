import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from phosphene.bundled.architectures import BlogNet, DeepNet
from phosphene.bundled.weights_file import About, as_read, is_weights_file, read_weights, write_weights
from phosphene.errors import PhospheneError

ABOUT = About(
    network="deep",
    classes=("cat", "a/b"),
    mean=(0.1, 0.2, 0.3),
    std=(0.4, 0.5, 0.6),
    accuracy=0.875,
    test_images=8,
    epochs=2,
    seed=3,
    trained_on="8 pictures",
    date="2026-01-01",
    torch="2.4",
    phosphene="0.1.0",
)


@pytest.fixture(scope="module")
def deep():
    torch.manual_seed(0)
    model = DeepNet(2).eval()
    model.norm3.running_mean += 0.5
    return model


@pytest.fixture
def file(deep, tmp_path):
    write_weights(tmp_path / "w.safetensors", deep, ABOUT)
    return tmp_path / "w.safetensors"


def altered(file, **metadata):
    """The same tensors with other metadata; None leaves a key out."""
    with safe_open(file, "pt") as opened:
        said = opened.metadata() | metadata
    save_file(load_file(file), file, {k: v for k, v in said.items() if v is not None})
    return file


def test_weights_come_back_rounded_to_float16_and_in_inference_mode(deep, file):
    model, about = read_weights(file)
    assert about == ABOUT
    assert not model.training
    for (name, before), after in zip(deep.state_dict().items(), model.state_dict().values(), strict=True):
        expected = before.half().float() if before.is_floating_point() else before
        assert torch.equal(after, expected), name
        assert after.dtype == before.dtype, name


def test_as_read_tells_what_a_file_will_give(deep, file):
    told = as_read(deep)
    assert all(torch.equal(v, told[k]) for k, v in read_weights(file)[0].state_dict().items())


def test_the_file_holds_float16_and_says_what_it_is(file):
    assert is_weights_file(file)
    tensors = load_file(file)
    assert {t.dtype for n, t in tensors.items() if "num_batches" not in n} == {torch.float16}
    with safe_open(file, "pt") as opened:
        assert json.loads(opened.metadata()["classes"]) == ["cat", "a/b"]


def test_nothing_is_left_where_writing_fails(deep, tmp_path):
    with pytest.raises(PhospheneError, match="no folder"):
        write_weights(tmp_path / "none" / "w.safetensors", deep, ABOUT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"\xff" * 100])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    assert not is_weights_file(tmp_path / "w.safetensors")
    with pytest.raises(PhospheneError, match="cannot be read as safetensors"):
        read_weights(tmp_path / "w.safetensors")


def test_safetensors_of_something_else_are_refused(tmp_path):
    save_file({"x": torch.ones(2)}, tmp_path / "w.safetensors")
    assert not is_weights_file(tmp_path / "w.safetensors")
    with pytest.raises(PhospheneError, match="phosphene train"):
        read_weights(tmp_path / "w.safetensors")


def test_a_newer_format_is_refused(file):
    with pytest.raises(PhospheneError, match="newer format"):
        read_weights(altered(file, version="2"))


@pytest.mark.parametrize(
    "metadata",
    [
        {"classes": None},
        {"classes": "cat"},
        {"classes": "7"},
        {"mean": "[0.1]"},
        {"std": "[0.1, 0, 0.1]"},
        {"std": "[NaN, 1, 1]"},
        {"accuracy": "high"},
        {"network": "__import__"},
        {"epochs": "1e9"},
    ],
)
def test_metadata_that_make_no_sense_are_refused(file, metadata):
    with pytest.raises(PhospheneError, match="metadata cannot be understood"):
        read_weights(altered(file, **metadata))


@pytest.mark.parametrize("metadata", [{"network": "blog"}, {"classes": '["one", "two", "three"]'}])
def test_weights_that_do_not_fit_are_refused(file, metadata):
    with pytest.raises(PhospheneError, match="do not fit"):
        read_weights(altered(file, **metadata))


def test_a_blog_network_goes_the_same_way(tmp_path):
    model = BlogNet(2).eval()
    write_weights(tmp_path / "b.safetensors", model, replace(ABOUT, network="blog"))
    assert isinstance(read_weights(tmp_path / "b.safetensors")[0], BlogNet)
