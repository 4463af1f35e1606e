"""The two networks that come along: what is in the package is what the cards say."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d

from phosphene import bundled
from phosphene.bundled.architectures import BlogNet, DeepNet
from phosphene.errors import UsageError

DATA = Path(__file__).parents[3] / "shared" / "data" / "cifar10.zip"
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PACKAGE = Path(bundled.__file__).parent


@pytest.fixture(scope="module")
def test_pictures():
    if not DATA.exists():
        pytest.skip("CIFAR-10 is not beside the repository")
    from phosphene.sources.images import images
    from phosphene.sources.memory import as_uint8

    return as_uint8(images(DATA, split="test"), (32, 32))


def accuracy(model, about, pictures):
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (about.mean, about.std))
    right = 0
    with torch.no_grad():
        for pixels, labels in zip(pictures.pixels.split(500), pictures.labels.split(500), strict=True):
            scores = model((pixels / 255 - mean) / std)
            right += int((scores.argmax(1) == labels).sum())
    return right / len(pictures.labels)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("cifar", 0.82), ("cifar-deep", 0.9)])
def test_they_are_as_accurate_as_their_cards_say(name, least, test_pictures):
    about = bundled.about(name)
    assert about.classes == test_pictures.classes == CIFAR
    measured = accuracy(bundled.load_bundled(name), about, test_pictures)
    assert measured == pytest.approx(about.accuracy, abs=5e-4)  # a near-tie may fall otherwise elsewhere
    assert measured >= least


@pytest.mark.parametrize(("name", "kind"), [("cifar", BlogNet), ("cifar-deep", DeepNet)])
def test_they_load_in_float32_and_inference_mode(name, kind):
    model = bundled.load_bundled(name)
    assert isinstance(model, kind)
    assert not model.training
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize("name", ["cifar", "cifar-deep"])
def test_their_cards_name_accuracy_seed_data_and_licence(name):
    card, about = bundled.card(name), bundled.about(name)
    for words in (f"{about.accuracy:.2%}", f"seed {about.seed}", "CIFAR-10", "JPEG", "Apache", about.torch):
        assert words in card, words


def test_another_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'cifar-deep'"):
        bundled.load_bundled("cifar-dep")
    with pytest.raises(UsageError, match="there are cifar and cifar-deep"):
        bundled.card("../../etc/passwd")
    assert bundled.names() == ("cifar", "cifar-deep")


def test_what_is_bundled_is_small():
    sizes = {path: path.stat().st_size for path in PACKAGE.rglob("*") if path.suffix in (".safetensors", ".md")}
    assert sum(sizes.values()) <= 14e6
    assert sum(size for path, size in sizes.items() if path.parent.name == "checkpoints") < 1.5e6


def roughness(filters):
    """Share of each filter's energy (about its mean) that a binomial blur takes away: (units,).

    White noise has most of its energy in detail, edges and colour blobs have not.
    """
    filters = filters - filters.mean((2, 3), keepdim=True)
    blur = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (blur[:, None] * blur[None, :]).expand(filters.shape[1], 1, 3, 3)
    fine = filters[:, :, 1:-1, 1:-1] - conv2d(filters, kernel, groups=filters.shape[1])
    return fine.square().sum((1, 2, 3)) / filters[:, :, 1:-1, 1:-1].square().sum((1, 2, 3))


def test_the_first_filters_are_edges_and_colours_not_noise():
    filters = bundled.load_bundled("cifar").conv1.weight.detach()
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(filters.shape, generator=generator)
    assert roughness(noise).median() > 0.6
    assert roughness(filters).median() < 0.35


def test_the_checkpoints_lead_from_noise_to_the_bundled_weights():
    kept = bundled.checkpoints()
    assert len(kept) == 8
    assert [c.epoch for c in kept] == sorted({c.epoch for c in kept})
    gaps = [later.epoch - earlier.epoch for earlier, later in pairwise(kept)]
    assert gaps == sorted(gaps)
    assert kept[0].epoch == kept[0].step == 0
    assert kept[0].accuracy < 0.3 < 0.82 < kept[-1].accuracy
    final = bundled.load_bundled("cifar").state_dict()
    assert kept[-1].epoch == bundled.about("cifar").epochs
    for name, tensor in kept[-1].tensors.items():
        assert torch.equal(tensor, final[name]), name
    distances = [float((c.tensors["conv1.weight"] - final["conv1.weight"]).norm()) for c in kept]
    assert distances[0] > distances[-2] > distances[-1] == 0
