"""Dreams kept in the atlas of their network: the same pixels and figures come out."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.dream.sheet import drawn
from phosphene.errors import PhospheneError, UsageError
from tests.dream.nets import textured


@pytest.fixture(scope="module")
def net():
    return textured()


@pytest.fixture(scope="module")
def scan(net, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    for number in range(6):
        cells = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(cells).save(folder / f"{number}.png")
    ph.scan(net, ph.images(folder), folder / "a.atlas", ["4"]).close()
    return folder / "a.atlas"


@pytest.fixture
def atlas(scan, tmp_path):
    with ph.open_atlas(shutil.copy(scan, tmp_path)) as opened:
        yield opened


def test_what_was_dreamt_is_in_the_atlas(net, atlas):
    """Read through the atlas that is still open; each picture is that of the network's own values, in 256 steps."""
    dream = ph.dream(net, "4:3", steps=4, seeds=2, count=2, seed=5, atlas=atlas)
    assert dream.store() == atlas.path
    found = atlas["4:3"].dreams
    assert [each.seed for each in found] == [5, 5, 6, 6]
    assert [each.activation for each in found] == dream.activation.flatten().tolist()
    assert [each.peak for each in found] == dream.peak.flatten().tolist()
    assert [each.ratio for each in found] == dream.beside.ratio.flatten().tolist()
    assert [each.quantile for each in found] == dream.beside.quantile.flatten().tolist()
    for each, values in zip(found, dream.pictures.flatten(0, 1), strict=True):
        pixels = torch.from_numpy(np.array(each.picture)).permute(2, 0, 1)
        assert torch.equal(pixels, (values * 255).round().to(torch.uint8))
        assert (each.flat, each.sentence, each.caution) == (dream.flat, dream.agreement.sentence, dream.caution)
        assert each.method == "fourier, 4 steps, of 4:3"
        assert json.loads(each.options) == dict(dream.options)
    assert atlas["4:2"].dreams == ()


def test_a_single_position_is_kept_as_it_is_drawn(net, atlas):
    dream = ph.dream(net, "4:3", position=(1, 1), steps=4, seeds=1, atlas=atlas)
    dream.store()
    (found,) = atlas["4:3"].dreams
    np.testing.assert_array_equal(np.asarray(found.picture), np.asarray(drawn(dream, 0, 0)[0]))
    assert found.picture.size < (16, 16)
    assert found.caution == "one seed only: another may show something else"


def test_what_is_not_kept(net, atlas):
    alone = ph.dream(net, "4:3", steps=2, seeds=1)
    with pytest.raises(UsageError, match="make it with one: atlas=, or --atlas FILE"):
        alone.store()
    dream = ph.dream(net, "4:3", steps=2, seeds=1, atlas=atlas)
    many = replace(dream, seeds=tuple(range(101)), pictures=dream.pictures.expand(101, -1, -1, -1, -1))
    with pytest.raises(UsageError, match="100 pictures of a unit, not 101"):
        replace(
            many, activation=dream.activation.expand(101, 1), peak=dream.peak.expand(101, 1),
            importance=dream.importance.expand(101, -1, -1, -1),
            beside=replace(dream.beside, ratio=dream.beside.ratio.expand(101, 1), quantile=dream.peak.expand(101, 1)),
        ).store()  # fmt: skip
    with pytest.raises(UsageError, match="up to 1,024 pixels a side, not of 1,600"):
        replace(dream, pictures=dream.pictures.repeat(1, 1, 1, 1, 100)).store()
    with pytest.raises(UsageError, match="nothing that was tried moves 4:3"):
        replace(dream, importance=dream.importance * 0).store()
    assert atlas["4:3"].dreams == ()


@pytest.mark.slow
def test_the_atlas_of_another_network(net, atlas, tmp_path):
    other = textured()
    with torch.no_grad():
        other.model[0].weight.mul_(2)
    with pytest.raises(UsageError, match="with other weights"):
        ph.dream(other, "4:3", steps=2, atlas=atlas)
    dream = ph.dream(net, "4:3", steps=2, seeds=1, atlas=atlas)
    exchanged = tmp_path / "other.atlas"
    ph.scan(other, ph.images("samples:32").take(3, seed=0), exchanged, ["4"]).close()
    with pytest.raises(UsageError, match="is by now the atlas of another network"):
        replace(dream, beside=replace(dream.beside, file=exchanged)).store()
    with ph.open_atlas(exchanged) as opened:
        assert opened["4:3"].dreams == ()
    exchanged.write_bytes(b"no atlas" * 100)
    with pytest.raises(PhospheneError, match="is no atlas"):
        replace(dream, beside=replace(dream.beside, file=exchanged)).store()
