"""Occluders whose effect is worked out by hand."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene import Network, PhospheneError
from phosphene.paper import occlusion
from phosphene.sources.folder import File
from phosphene.sources.picture import Picture

SIDE, STRIDE, SIZE = 5, 3, (14, 17)


class Linear(nn.Module):
    """Three maps, each a weighted sum of colours; the means of the maps are the logits of three classes."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(3, 3, 1)
        self.twice = nn.Conv2d(3, 4, 1, bias=False)
        with torch.no_grad():
            self.maps.weight.copy_(torch.tensor([[40.0, -20, -20], [-20, 40, -20], [-20, -20, 40]])[:, :, None, None])
            self.maps.bias.copy_(torch.tensor([0.2, 1.0, 0.5]))
            self.twice.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1, 0], [2, 2, 2], [0, 0, 1]])[:, :, None, None])

    def forward(self, x):
        return self.maps(x).mean((2, 3)) + 0 * self.twice(x).mean()


@pytest.fixture
def net():
    return Network(Linear(), classes=["red", "green", "blue"], input_size=(3, *SIZE), name="linear")


@pytest.fixture
def image():
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(4))


def by_hand(image, label, fill):
    """The linear network and the square, pixel by pixel."""
    weight = np.array([[40.0, -20, -20], [-20, 40, -20], [-20, -20, 40]])
    bias = np.array([0.2, 1.0, 0.5])
    picture = image[0].double().numpy()
    chance, best, total = [], [], []
    for top in (0, 3, 6, 9):
        for left in (0, 3, 6, 9, 12):
            hidden = picture.copy()
            for y in range(top, top + SIDE):
                for x in range(left, left + SIDE):
                    hidden[:, y, x] = fill
            logits = weight @ hidden.mean((1, 2)) + bias
            shares = np.exp(logits) / np.exp(logits).sum()
            chance.append(shares[label])
            best.append(shares.argmax())
            total.append((2 * hidden.sum(0)).sum())
    return tuple(np.array(each).reshape(4, 5) for each in (chance, best, total))


@pytest.mark.parametrize("fill", ["grey", "mean"])
def test_every_place_as_by_hand(net, image, fill):
    found = occlusion(net, image, label="green", unit="twice:2", side=SIDE, stride=STRIDE, fill=fill)
    shown = 0.5 if fill == "grey" else image[0].double().mean((1, 2)).numpy()
    chance, best, total = by_hand(image, 1, shown)
    np.testing.assert_allclose(found.probability, chance, atol=1e-5)
    np.testing.assert_array_equal(found.best, best)
    assert len(set(best.flat)) > 1
    np.testing.assert_allclose(found.total, total, rtol=1e-5)
    assert found.measured.all()
    assert found.slide.squares[2, 4].tolist() == [6, 12, 11, 17]
    logits = np.array([[40.0, -20, -20], [-20, 40, -20], [-20, -20, 40]]) @ image[0].double().mean((1, 2)).numpy()
    logits += [0.2, 1.0, 0.5]
    assert found.whole.probability == pytest.approx(np.exp(logits[1]) / np.exp(logits).sum(), abs=1e-5)
    assert found.whole.total == pytest.approx(2 * float(image.sum()), rel=1e-5)


def test_the_far_borders_are_places_too(net, image):
    found = occlusion(net, image, side=6, stride=5)
    assert found.slide.starts == ([0, 5, 8], [0, 5, 10, 11])
    assert found.probability.shape == (3, 4)


def test_the_strongest_map_and_its_projection(net, image):
    found = occlusion(net, image, unit="twice", side=SIDE, stride=STRIDE)
    assert str(found.unit) == "twice:2"
    # a linear unit's projection, rectified nowhere: its weights at every pixel, times the map's value
    expected = 2 * 2 * image[0].sum(0)
    torch.testing.assert_close(found.projection.pixels[0, 0], expected.expand(3, *SIZE))


class OnePixel(nn.Module):
    """Class 1 as long as the pixel at (row 9, column 4) is bright."""

    def __init__(self, against):
        super().__init__()
        self.against = against
        self.keep = nn.Conv2d(1, 3, 1, bias=False)
        self.keep.weight.data[:] = 1.0

    def forward(self, x):
        bright = self.keep(x)[:, 0, 9, 4] * 8
        return torch.stack([torch.full_like(bright, self.against), bright], 1)


@pytest.mark.parametrize("against", [5.0, 3.0])  # the answer changes, or it stays and is less sure
@pytest.mark.parametrize("coarse", [False, True])
def test_it_matters_only_where_the_square_covers_the_pixel(coarse, against):
    net = Network(OnePixel(against), input_size=(1, 24, 24))
    image = torch.zeros(1, 1, 24, 24)
    image[0, 0, 9, 4] = 1
    found = occlusion(net, image, label=1, side=8, stride=1, coarse=coarse)
    tops, lefts = np.ogrid[:17, :17]
    covers = (tops <= 9) & (tops + 8 > 9) & (lefts <= 4) & (lefts + 8 > 4)
    open_, closed = 1 / (1 + np.exp(against - 8)), 1 / (1 + np.exp(against - 4))
    np.testing.assert_allclose(found.probability, np.where(covers, closed, open_), atol=1e-6)
    np.testing.assert_array_equal(found.best, np.where(covers & (against > 4), 0, 1))
    assert found.measured.all() != coarse
    assert found.measured.mean() < 0.6 or not coarse


def test_coarse_stays_near_to_all_places():
    net = Network(Linear(), input_size=(3, 40, 40))
    ramp = torch.linspace(0, 1, 40)
    image = torch.stack([ramp[:, None] * ramp, ramp[:, None].expand(40, 40), 1 - ramp.expand(40, 40)])[None]
    every, some = (occlusion(net, image, label=1, side=12, stride=1, coarse=each, tolerance=0.01) for each in (0, 1))
    assert some.measured.mean() < 0.4
    np.testing.assert_allclose(some.probability, every.probability, atol=0.02)
    np.testing.assert_allclose(some.total, every.total, rtol=0.02)
    # The same places in other batches: a processor may round them otherwise.
    np.testing.assert_allclose(some.probability[some.measured], every.probability[some.measured], rtol=2e-6)


def test_a_batch_is_no_different_from_one_by_one(net, image, monkeypatch):
    together = occlusion(net, image, side=SIDE, stride=STRIDE)
    monkeypatch.setattr("phosphene.paper.occlusion_picture.AT_ONCE", 1)
    alone = occlusion(net, image, side=SIDE, stride=STRIDE)
    np.testing.assert_allclose(together.probability, alone.probability, atol=1e-6)


def test_a_blurred_square_leaves_a_flat_picture_as_it_is(net):
    flat = torch.full((1, 3, *SIZE), 0.8)
    flat[:, 1] = 0.79
    found = occlusion(net, flat, fill="blurred", side=SIDE, stride=STRIDE)
    np.testing.assert_allclose(found.probability, found.whole.probability, atol=1e-5)
    grey = occlusion(net, flat, fill="grey", side=SIDE, stride=STRIDE)
    assert abs(grey.probability - grey.whole.probability).min() > 0.005


# -- the true class ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label", "is_given", "index"),
    [
        ("a.png", "green", True, 1),
        ("BLUE.png", None, True, 2),
        ("n01440764_Green.png", None, True, 1),
        ("greenish.png", None, False, 0),
        ("red.png", "green", True, 1),  # the folder says more than the file
    ],
)
def test_the_true_class_by_folder_or_file(net, tmp_path, name, label, is_given, index):
    Image.new("RGB", SIZE[::-1], (250, 0, 0)).save(tmp_path / name)
    picture = Picture(f"{label}/{name}", label, File(str(tmp_path / name)))
    found = occlusion(net, picture, side=SIDE, stride=STRIDE)
    assert (found.label.is_given, found.label.index) == (is_given, index)
    assert ("the true class was not given" in str(found)) != is_given


@pytest.mark.parametrize("label", ["blue", " Blue", 2, "2"])
def test_the_true_class_by_name_or_number(net, image, label):
    found = occlusion(net, image, label=label, side=SIDE, stride=STRIDE)
    assert (found.label.index, found.label.name) == (2, "blue")


# -- the whole ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_default_layer_of_the_bundled_network_is_its_deepest_pooling():
    found = occlusion(ph.load("cifar"), ph.images("samples:32")[5], stride=6)
    assert found.unit.layer == "pool2"
    assert (found.slide.side, found.slide.stride) == (8, 6)


def test_the_findings_say_where(net):
    picture = torch.full((1, 3, *SIZE), 0.5)
    picture[:, 1, 6:11, 9:14] = 1.0  # the only green
    found = occlusion(net, picture, label="green", unit="twice:1", side=SIDE, stride=STRIDE)
    said = str(found)
    assert "of 'green' from 0.96 to 0.49 at worst" in said
    assert "at rows 6 to 10, columns 9 to 13; the median over 20 places" in said
    assert found.findings[1].value == pytest.approx((found.best != 1).mean())
    drop = 1 - (0.5 * 14 * 17) / (0.5 * (14 * 17 - 25) + 25 * 1.0)
    assert found.findings[2].value == pytest.approx(drop, abs=1e-4)
    assert found.findings[3].value > 0.98  # 1 but for rounding where nothing is hidden


def test_progress_and_numbers(net, image):
    heard = []
    found = occlusion(net, image, side=SIDE, stride=STRIDE, tell=lambda *each: heard.append(each))
    assert heard[-1] == (20, 20)
    assert np.array(found.numbers["probability"]).shape == (4, 5)
    assert found.numbers["tops"] == [0, 3, 6, 9]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(net, image, ending, tmp_path):
    occlusion(net, image, side=SIDE, stride=STRIDE).save(tmp_path / f"a.{ending}", "dark")
    assert (tmp_path / f"a.{ending}").stat().st_size > 5000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"side": 14}, "a square of 14 pixels hides nothing or all; give a side from 1 to 13"),
        ({"stride": -1}, "a stride of -1 goes nowhere"),
        ({"fill": "gray"}, "there is no fill 'gray'; did you mean 'grey'?"),
        ({"label": "gren"}, "linear has no class 'gren'; did you mean 'green'?"),
        ({"label": 3}, "linear has no class '3'; give a name, or a number from 0 to 2"),
        ({"unit": "twice:4"}, "twice has units 0 to 3"),
    ],
)
def test_mistakes(net, image, options, said):
    with pytest.raises(PhospheneError, match=said.replace("?", r"\?")):
        occlusion(net, image, **options)


def test_more_than_one_picture(net):
    with pytest.raises(PhospheneError, match="there are 2 pictures; give one"):
        occlusion(net, torch.rand(2, 3, *SIZE))
    with pytest.raises(PhospheneError, match="samples holds 17 pictures; name one"):
        occlusion(net, "samples")


def test_a_network_without_classes(image):
    with pytest.raises(PhospheneError, match=r"class probabilities need an output \(N, classes\)"):
        occlusion(Network(nn.Sequential(nn.Conv2d(3, 4, 1)), input_size=(3, *SIZE)), image, unit="0")
    with pytest.raises(PhospheneError, match="has no layer with maps before its classes; name a layer"):
        occlusion(Network(nn.Sequential(nn.Flatten(), nn.Linear(714, 5)), input_size=(3, *SIZE)), image)
