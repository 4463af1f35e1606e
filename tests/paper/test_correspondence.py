"""Features that do encode a part and features that do not; distances of signs by hand."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from phosphene import Network, PhospheneError
from phosphene.errors import UsageError
from phosphene.paper import correspondence, read_parts
from phosphene.paper.correspondence_parts import anywhere, hidden, moved_to, parts_of
from phosphene.paper.correspondence_signs import beyond_chance, distances, interval_of_pairs, mean_of_pairs, signs

SIDE = 16


class Reds(nn.Module):
    """``part``: 8 units that see saturated red, which is in the part alone. ``other``: 8 that see any colour.

    Each of the other units weighs the pixels' colours by weights drawn at random, so what a grey box does to them
    depends on what was there before.
    """

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 1)
        self.first.weight.data[:] = torch.tensor([1.0, -1, -1])[None, :, None, None]
        self.first.bias.data[:] = -0.7
        self.part = nn.ReLU()
        self.other = nn.Conv2d(3, 8, SIDE)
        generator = torch.Generator().manual_seed(0)
        self.other.weight.data[:] = torch.randn(8, 3, SIDE, SIDE, generator=generator)

    def forward(self, x):
        red = self.part(self.first(x)).sum((2, 3))
        return red + self.other(x).flatten(1)


@pytest.fixture
def net():
    return Network(Reds(), input_size=(3, SIDE, SIDE), name="reds")


@pytest.fixture
def folder(tmp_path):
    """Six pictures of dim noise with a red square of 4 x 4 pixels, each in another place, and where it is."""
    generator = np.random.default_rng(0)
    boxes = {}
    for n in range(6):
        pixels = generator.integers(0, 150, (SIDE, SIDE, 3)).astype(np.uint8)
        x, y = (int(place) for place in generator.integers(0, SIDE - 4, 2))
        pixels[y : y + 4, x : x + 4] = (255, 0, 0)
        Image.fromarray(pixels).save(tmp_path / f"{n}.png")
        boxes[f"{n}.png"] = {"red": [x, y, x + 4, y + 4]}
    (tmp_path / "parts.json").write_text(json.dumps(boxes))
    return tmp_path


@pytest.mark.slow
def test_features_that_encode_a_part_agree_and_others_do_not(net, folder):
    found = correspondence(net, str(folder), read_parts(folder / "parts.json"), layers=["part", "other"], pooled=True)
    encoding, other = found.agreements
    assert (encoding.layer, other.layer) == ("part", "other")
    assert encoding.distance.mean == 0  # all eight fall in every picture
    assert encoding.changed == 1
    # the others' signs depend on the noise: half of them agree
    assert other.distance.mean == pytest.approx(0.5, abs=0.15)
    assert other.agreement.mean == pytest.approx(0, abs=0.3)
    # a random box misses the red square in most pictures: that changes nothing in some and much in others
    assert encoding.random_changed < 0.6
    assert encoding.distance.random.mean() > 0.2


def test_it_is_what_loops_over_pairs_give(net, folder):
    parts = json.loads((folder / "parts.json").read_text())
    [found] = correspondence(net, str(folder), parts, layers=["other"], draws=1).agreements
    changes = []
    for name, own in parts.items():
        picture = Image.open(folder / name)
        x0, y0, x1, y1 = own["red"]
        pixels = np.array(picture)
        pixels[y0:y1, x0:x1] = 128
        with torch.no_grad():
            whole, less = (
                net.model.other(torch.from_numpy(np.array(each)).permute(2, 0, 1)[None] / 255).flatten()
                for each in (picture, pixels)
            )
        changes.append(torch.sign(whole - less))
    total = sum(float((a != b).float().mean()) for i, a in enumerate(changes) for j, b in enumerate(changes) if i != j)
    assert found.distance.mean == pytest.approx(total / 30)


# -- signs ---------------------------------------------------------------------------------------------------------


def test_signs_by_hand():
    before, after = torch.tensor([1.0, 2, 3, 0]), torch.tensor([2.0, 2 + 1e-7, 1, 0])
    assert signs(before, after).tolist() == [-1, 0, 1, 0]


def test_distances_by_hand():
    each = np.array([[1, 1, 0, -1], [1, 0, 0, 1], [-1, -1, -1, 1]], np.int8)
    assert distances(each).tolist() == [[0, 0.5, 1], [0.5, 0, 0.75], [1, 0.75, 0]]
    assert mean_of_pairs(distances(each)) == pytest.approx(0.75)


def test_agreement_beyond_chance():
    generator = np.random.default_rng(0)
    one = generator.choice([-1, 0, 1], 100_000, p=[0.1, 0.8, 0.1]).astype(np.int8)
    shuffled = generator.permutation(one)
    found = beyond_chance(np.stack([one, one, shuffled]))
    assert found[0, 1] == 1
    assert found[0, 2] == pytest.approx(0, abs=0.01)
    # though most signs of the two are the same
    assert distances(np.stack([one, shuffled]))[0, 1] == pytest.approx(1 - 0.66, abs=0.01)
    assert beyond_chance(np.array([[1, -1], [-1, 1]], np.int8))[0, 1] == -1


@pytest.mark.slow
def test_the_interval_holds_what_other_pictures_give():
    generator = np.random.default_rng(0)

    def drawn(count):
        agreeing = generator.random(count)[:, None]  # pictures differ in how often they follow a common pattern
        return distances(np.where(generator.random((count, 200)) < agreeing, 1, -1).astype(np.int8))

    truth = mean_of_pairs(drawn(1500))
    found = [interval_of_pairs(drawn(20)) for _ in range(150)]
    held = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.8 < held <= 1
    assert interval_of_pairs(drawn(2)) is None


# -- boxes ---------------------------------------------------------------------------------------------------------


def test_a_hidden_box_is_grey_and_nothing_else_changes():
    picture = Image.new("RGB", (8, 6), (10, 20, 30))
    pixels = np.array(hidden(picture, (2, 1, 5, 4)))
    assert (pixels[1:4, 2:5] == 128).all()
    assert (pixels == 128).all(2).sum() == 9
    assert np.array(picture).max() == 30


def test_random_boxes_reach_every_place():
    picture = Image.new("RGB", (8, 6))
    generator = np.random.default_rng(0)
    places = {anywhere((0, 0, 5, 4), picture, generator) for _ in range(300)}
    assert places == {(x, y, x + 5, y + 4) for x in range(4) for y in range(3)}


def test_a_box_where_another_picture_has_it():
    small, large = Image.new("RGB", (100, 100)), Image.new("RGB", (200, 400))
    assert moved_to((0, 0, 10, 20), small, (90, 180, 110, 220), large) == (45, 40, 55, 60)
    assert moved_to((0, 0, 40, 40), small, (0, 0, 10, 10), large) == (0, 0, 40, 40)  # inside of the picture


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "holds no pictures"),
        ({"a.png": []}, "no parts for 'a.png'"),
        ({"a.png": {"nose": [1, 2, 3]}}, "not four whole numbers"),
        ({"a.png": {"nose": [1, 2, 3, True]}}, "not four whole numbers"),
        ({"a.png": {"nose": [5, 2, 5, 4]}}, "is empty"),
    ],
)
def test_files_that_hold_something_else(content, said):
    with pytest.raises(PhospheneError, match=said):
        parts_of(content)


def test_what_does_not_fit_is_said(net, folder, tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(PhospheneError, match="is no JSON"):
        read_parts(tmp_path / "x.json")
    parts = read_parts(folder / "parts.json")
    with pytest.raises(UsageError, match="did you mean 'red'"):
        correspondence(net, str(folder), parts, names=["rod"])
    with pytest.raises(PhospheneError, match=r"1 of 6 pictures .* have the part 'nose'"):
        correspondence(net, str(folder), {"1.png": {"nose": [0, 0, 2, 2]}})
    with pytest.raises(PhospheneError, match="reaches out of the picture, which has 16 x 16 pixels"):
        correspondence(net, str(folder), {f"{n}.png": {"nose": [0, 0, 2, 17]} for n in range(2)})


def test_a_part_that_the_network_does_not_see_is_said(folder):
    corner = Network(nn.Sequential(nn.ZeroPad2d(-4), nn.Conv2d(3, 2, 8)), input_size=(3, SIDE, SIDE))
    with pytest.raises(PhospheneError, match="changes nothing of 1 in 2 of 2 pictures; check the boxes"):
        correspondence(corner, str(folder), {f"{n}.png": {"rim": [0, 0, 2, 2]} for n in range(2)}, layers=["1"])


@pytest.mark.slow
def test_it_can_be_drawn(net, folder, tmp_path):
    found = correspondence(net, str(folder), read_parts(folder / "parts.json"), draws=3)
    for kind in ("png", "svg", "pdf"):
        found.save(tmp_path / f"parts.{kind}", "dark")
        assert (tmp_path / f"parts.{kind}").stat().st_size > 1000
    assert "with 'red' hidden in 6 pictures" in str(found)
