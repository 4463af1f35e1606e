"""Networks and changes whose effect is known: a pooling that does not mind two pixels, shifts and turns by hand."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene import Network, PhospheneError
from phosphene.paper import invariance
from phosphene.paper.invariance_changes import NAMES, Wide, changes, widened
from phosphene.preprocessing import Preprocessing

SIDE = 23  # a step of 10 of the paper's 224 pixels is one pixel


class Pooling(nn.Module):
    """The largest value of 5 x 5 pixels in the middle: two pixels up or down make no difference."""

    def __init__(self):
        super().__init__()
        self.same = nn.Conv2d(1, 1, 1, bias=False)
        self.same.weight.data[:] = 1
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveMaxPool2d(1)

    def forward(self, x):
        largest = self.pool(self.relu(self.same(x))[:, :, 9:14, 9:14]).flatten(1)
        return torch.cat([9 * largest, torch.full_like(largest, 4.0)], 1)


@pytest.fixture
def net():
    return Network(Pooling(), classes=["light", "dark"], input_size=(1, SIDE, SIDE), name="pooling")


def dot():
    picture = torch.zeros(1, 1, SIDE, SIDE)
    picture[0, 0, 11, 11] = 1
    return picture


def test_a_pooling_that_does_not_mind_two_pixels(net):
    found = invariance(net, dot(), changed=["translation"], labels=["light"])
    [curve] = found.curves
    moved = np.array(curve.change.degrees)
    assert moved.tolist() == list(range(-6, 7))
    inside = abs(moved) <= 2
    np.testing.assert_allclose(curve.distance["pool"][0], np.where(inside, 0, 1), atol=1e-6)
    # the layer before it minds every pixel: two unit vectors at right angles
    np.testing.assert_allclose(curve.distance["relu"][0], np.where(moved == 0, 0, math.sqrt(2)), atol=1e-6)
    light, dark = 1 / (1 + math.exp(4 - 9)), 1 / (1 + math.exp(4))
    np.testing.assert_allclose(curve.probability[0], np.where(inside, light, dark), atol=1e-6)
    assert found.layers == ("relu", "pool")


def test_each_picture_has_its_own_true_class(net):
    found = invariance(net, torch.cat([dot(), dot()]), changed=["translation"], labels=["light", "dark"])
    light, dark = found.curves[0].probability
    np.testing.assert_allclose(light + dark, 1)
    assert light[6] > 0.9 > 0.1 > dark[6]


def test_the_findings_say_it(net):
    found = invariance(net, torch.cat([dot(), dot().flip(2) * 0.5]), changed=["translation"], labels=["light", 0])
    said = str(found)
    assert "A picture moved by -1 pixels: relu moves by 1.41 of its length, at most 1.41, another picture " in said
    assert "pool moves by 0.00 of its length, at most 1.00, another picture 0.75" in said  # (1/2 + 1) / 2
    assert "at worst, moved by -6 pixels. Caution: measured on 2 pictures only." in said
    assert "26 % of a changed picture is mirrored picture" in said  # 6 of 23 rows


# -- the changes by hand -----------------------------------------------------------------------------------------


def made(name, pixels, corner=(0, 0), size=None):
    wide = Wide(pixels, corner, size or tuple(pixels.shape[1:]))
    [change] = changes((name,), wide.size)
    pictures, beyond = change.made(wide)
    return dict(zip(change.degrees, pictures, strict=True)), dict(zip(change.degrees, beyond.tolist(), strict=True))


@pytest.fixture
def pixels():
    return torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def test_a_moved_picture_is_mirrored_at_its_end(pixels):
    pictures, beyond = made("translation", pixels)
    torch.testing.assert_close(pictures[4.0][:, 4:], pixels[:, :-4])
    torch.testing.assert_close(pictures[4.0][:, :4], pixels[:, :4].flip(1))
    torch.testing.assert_close(pictures[-3.0][:, -3:], pixels[:, -3:].flip(1))
    assert beyond[4.0] == pytest.approx(4 / SIDE)
    assert beyond[0.0] == 0


def test_a_moved_picture_shows_what_lay_around_it_where_there_is_more():
    wide = torch.rand(3, 40, 30)
    pictures, beyond = made("translation", wide, (8, 3), (23, 23))
    torch.testing.assert_close(pictures[5.0], wide[:, 3:26, 3:26])
    torch.testing.assert_close(pictures[-6.0], wide[:, 14:37, 3:26])
    assert set(beyond.values()) == {0}


def test_quarter_turns_are_exact(pixels):
    pictures, beyond = made("rotation", pixels)
    for turns in range(4):
        torch.testing.assert_close(pictures[90.0 * turns], pixels.rot90(turns, (1, 2)), atol=1e-5, rtol=0)
        assert beyond[90.0 * turns] == 0
    assert beyond[40.0] > 0.05


def test_an_enlarged_picture_of_a_slope_has_a_flatter_slope():
    slope = torch.arange(SIDE) / SIDE
    pictures, beyond = made("scale", slope.expand(1, SIDE, SIDE).contiguous())
    expected = (11 + (torch.arange(SIDE) - 11) / 1.5) / SIDE
    torch.testing.assert_close(pictures[1.5], expected.expand(1, SIDE, SIDE))
    torch.testing.assert_close(pictures[1.0], slope.expand(1, SIDE, SIDE))
    assert set(beyond.values()) == {0}


def test_tones_by_hand(pixels):
    brighter, _ = made("brightness", pixels)
    torch.testing.assert_close(brighter[0.3], (pixels + 0.3).clamp(max=1))
    flatter, _ = made("contrast", pixels)
    torch.testing.assert_close(flatter[0.4], pixels.mean() * 0.6 + 0.4 * pixels)
    point = torch.zeros(1, 224, 224)
    point[0, 112, 112] = 1
    blurred, _ = made("blur", point)
    axis = torch.arange(-3.0, 4)
    bell = torch.exp(-(axis**2) / (2 * 2.0**2))
    torch.testing.assert_close(
        blurred[2.0][0, 109:116, 109:116] / blurred[2.0].max(), bell[:, None] * bell, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_degree_of_each_change_leaves_the_picture(name, pixels):
    [change] = changes((name,), (SIDE, SIDE))
    pictures, _ = change.made(Wide(pixels, (0, 0), (SIDE, SIDE)))
    torch.testing.assert_close(pictures[change.degrees.index(change.none)], pixels, atol=1e-6, rtol=0)


@pytest.mark.parametrize("resize", [None, 32, 41])
@pytest.mark.parametrize("size", [(32, 32), (57, 40), (40, 57), (300, 45), (31, 33), (200, 201)])
def test_what_is_seen_of_the_whole_picture_is_the_networks_input(size, resize):
    scheme = Preprocessing((32, 32), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4), resize)
    net = Network(nn.Sequential(nn.Conv2d(3, 1, 1)), scheme, input_size=(3, 32, 32))
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))
    wide = widened(net, picture)
    torch.testing.assert_close(net.scale.to_inputs(wide.seen[None]), net.prepare(picture))
    ratio = max(size) / min(size)
    assert max(wide.pixels.shape[1:]) == pytest.approx(ratio * (resize or 32), abs=1.5)


# -- the whole ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_curves_of_the_bundled_network():
    pictures = ph.images("samples:32").take(4, 0)
    heard = []
    found = invariance(ph.load("cifar"), pictures, changed=NAMES, tell=lambda *each: heard.append(each))
    assert found.layers == ("relu1", "fc1")
    assert [curve.change.name for curve in found.curves] == list(NAMES)
    assert heard[-1][0] == heard[-1][1] == 4 * sum(len(curve.change.degrees) for curve in found.curves)
    for curve in found.curves:
        same = curve.change.degrees.index(curve.change.none)
        assert all(abs(values[:, same]).max() < 1e-4 for values in curve.distance.values())
        assert "nan" not in str(found)
    assert np.array(found.numbers["changes"][0]["probability"]).shape == (4, len(found.curves[0].change.degrees))


def test_the_mean_and_its_interval_are_over_pictures(net):
    found = invariance(net, torch.cat([dot(), dot() * 0.5, dot()]), changed=["translation"])
    curve = found.curves[0]
    middle, intervals = curve.averaged(curve.probability)
    np.testing.assert_allclose(middle, curve.probability.mean(0))
    assert all(each.low <= value <= each.high for each, value in zip(intervals, middle, strict=True))


def test_a_batch_is_no_different_from_one_by_one(net, monkeypatch):
    together = invariance(net, dot(), changed=["rotation"])
    monkeypatch.setattr("phosphene.paper.invariance_pictures.AT_ONCE", 1)
    alone = invariance(net, dot(), changed=["rotation"])
    np.testing.assert_allclose(together.curves[0].probability, alone.curves[0].probability, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(net, ending, tmp_path):
    invariance(net, torch.cat([dot()] * 2), changed=["scale", "blur"]).save(tmp_path / f"a.{ending}", "dark")
    assert (tmp_path / f"a.{ending}").stat().st_size > 5000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"changed": ["rotate"]}, "there is no change 'rotate'; did you mean 'rotation'"),
        ({"layers": ["poll"]}, "pooling has no layer 'poll'; did you mean 'pool'"),
        ({"labels": ["light", "dark"]}, "there are 2 labels for 1 pictures; give one for each"),
        ({"labels": ["bright"]}, "pooling has no class 'bright'"),
        ({"changed": []}, "no change was named; choose from translation, scale"),
    ],
)
def test_mistakes(net, options, said):
    with pytest.raises(PhospheneError, match=said):
        invariance(net, dot(), **options)
