"""A training whose every moment is known: which picture drives a unit most, when that changes, how it looks."""

import numpy as np
import pytest
import torch
from torch import nn

from phosphene import Network, bundled
from phosphene.errors import UsageError
from phosphene.paper import evolution, with_weights
from phosphene.paper.evolution_moments import Moment, bundled_moments, moments_of
from phosphene.paper.evolution_peaks import Peaks, selectivity


class Colours(nn.Module):
    """Two units, each a weighted sum of red, green and blue."""

    def __init__(self, weights):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        self.conv.weight.data[:] = torch.tensor(weights)[:, :, None, None]
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))


RED, GREEN, BLUE, NOTHING = [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [-1.0, -1, -1]


def moment(name, *weights):
    return Moment(name, Network(Colours(weights), input_size=(3, 4, 4), name="colours"))


@pytest.fixture
def course():
    """Unit 0: red, red, green, then blue. Unit 1: silent, then blue twice, then a larger blue."""
    return [
        moment("a", RED, NOTHING),
        moment("b", [1.5, 0, 0], BLUE),
        moment("c", GREEN, BLUE),
        moment("d", BLUE, [0, 0, 3.0]),
    ]


@pytest.fixture
def pictures():
    """Three pictures with one pixel of red, green or blue each, in different places; one of a fainter red."""
    found = torch.zeros(4, 3, 4, 4)
    found[0, 0, 1, 1] = found[1, 1, 2, 3] = found[2, 2, 0, 2] = 1
    found[3, 0, 3, 3] = 0.5
    return found


def test_the_strongest_picture_and_its_jumps_are_those_that_were_made(course, pictures):
    [life] = evolution(course, pictures).lives
    assert life.layer == "relu"
    assert life.strongest.T.tolist() == [[0, 0, 1, 2], [-1, 2, 2, 2]]
    assert life.jumps.T.tolist() == [[False, False, True, True], [False, False, False, False]]
    assert life.value.T.tolist() == [[1, 1.5, 1, 1], [0, 1, 1, 3]]
    # red came first; when the unit turns to green, green alone is above it
    np.testing.assert_array_equal(life.rank[1:, 0], [1, 2, 2])


def test_what_is_drawn_is_the_pixel_and_its_colour_sent_back(course, pictures):
    [life] = evolution(course, pictures).lives
    colours = life.projections[:, 0, :, 0, 0]
    torch.testing.assert_close(colours, torch.tensor([RED, [1.5 * 1.5, 0, 0], GREEN, BLUE]))
    torch.testing.assert_close(life.patches[:, 0, :, 0, 0], torch.tensor([RED, RED, GREEN, BLUE]))
    # one step in red's direction, then two at right angles; the same red picture says nothing to green
    np.testing.assert_allclose(life.like[1:, 0], [1, 0, 0], atol=1e-6)
    assert life.same[1, 0] == pytest.approx(1)
    assert np.isnan(life.same[2:, 0]).all()


def test_selectivity_by_hand(course, pictures):
    [life] = evolution(course, pictures).lives
    # peaks of unit 0 at first: 1, 0, 0, 1/2
    expected = (1 - (1.5 / 4) ** 2 / (1.25 / 4)) / (1 - 1 / 4)
    assert life.selectivity[0, 0] == pytest.approx(expected)
    assert life.selectivity[1, 0] == pytest.approx(expected)  # a larger scale makes no difference
    assert life.selectivity[2, 0] == pytest.approx(1)  # one picture alone
    assert np.isnan(life.selectivity[0, 1])


def test_intervals_of_selectivity_hold_what_other_pictures_give():
    low, high = selectivity(np.random.default_rng(0).exponential(size=(500, 200)))[1]
    truth = 1 - 1**2 / 2  # of the exponential distribution: mean 1, mean square 2
    held = (low <= truth) & (truth <= high)
    assert 0.88 < np.mean(held) < 0.98  # percentile intervals of 200 pictures fall a little short of 95 %


def test_classes_that_a_unit_tells(pictures):
    strong = torch.cat([pictures[:1] * size for size in (1.0, 0.9, 0.8, 0.7, 0.6)])
    other = torch.cat([pictures[1:2] * size for size in (1.0, 0.9, 0.8, 0.7, 0.6)])
    labels = ["red"] * 5 + ["green"] * 5
    found = evolution([moment("a", GREEN, GREEN), moment("b", RED, GREEN)], torch.cat([strong, other]), labels=labels)
    [life] = found.lives
    assert [found.classes[each] for each in life.favourite] == ["red", "green"]
    assert life.area.tolist() == [[0, 1], [1, 1]]


def test_the_findings_say_it(course, pictures):
    said = str(evolution(course, pictures))
    assert "relu: the strongest picture changes 1.00 times in 3 steps for the mean unit" in said
    assert "at the last step still for 1 of 2." in said
    assert "at a jump the projection is like the one before by 0.00 (cosine), without a jump 1.00" in said
    assert "stands at rank 2 (median)" in said


def test_units_that_give_no_number_are_not_the_strongest():
    peaks = Peaks(np.array([[1.0, -np.inf, 0.5], [-np.inf] * 3]), np.zeros((2, 3), int))
    assert peaks.strongest.tolist() == [0, -1]


def test_one_moment_is_no_evolution(course, pictures):
    with pytest.raises(UsageError, match="at least two moments"):
        evolution(course[:1], pictures)


def test_moments_of_different_networks_are_refused(course, pictures):
    other = Network(nn.Sequential(), input_size=(3, 4, 4), name="other")
    other.model = nn.Sequential()
    other.model.relu = nn.Conv2d(3, 5, 1)
    with pytest.raises(UsageError, match="another number of units in relu"):
        evolution([course[0], Moment("x", other)], pictures)


# -- what comes along ----------------------------------------------------------------------------------------------


def test_the_bundled_moments_are_the_checkpoints():
    moments = bundled_moments()
    assert [each.name for each in moments] == [f"epoch {point.epoch}" for point in bundled.checkpoints()]
    for one, point in zip(moments, bundled.checkpoints(), strict=True):
        assert torch.equal(one.net.model.conv2.weight, point.tensors["conv2.weight"])
    names = [layer.name for layer in moments[0].net.layers()]
    assert names == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"]


@pytest.mark.slow
def test_on_bundled_moments_it_agrees_with_recording_by_hand():
    moments = bundled_moments()[::7]
    pictures = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = evolution(moments, pictures, ["relu2:8", "relu2:3"])
    [life] = found.lives
    for n, each in enumerate(moments):
        maps = each.net.model[:5](pictures)[:, [8, 3]].amax((2, 3))
        assert life.strongest[n].tolist() == maps.argmax(0).tolist()
    assert life.drawn == (0, 1)
    figure = found.figure().image("dark", 60)
    assert min(figure.size) > 100


def test_weights_in_files_make_moments(tmp_path, course, pictures):
    from safetensors.torch import save_file

    files = []
    for n, each in enumerate(course):
        files.append(tmp_path / f"epoch-{n * 5}.safetensors")
        save_file(each.net.model.state_dict(), files[-1])
    net = course[0].net
    one = evolution(with_weights(net, files), pictures)
    two = evolution(with_weights(net, [tmp_path]), pictures)  # by number: epoch-10 after epoch-5
    assert one.moments == two.moments == ("epoch-0", "epoch-5", "epoch-10", "epoch-15")
    assert one.lives[0].strongest.tolist() == evolution(course, pictures).lives[0].strongest.tolist()


def test_several_networks_and_weights_are_refused():
    with pytest.raises(UsageError, match="name one network"):
        moments_of(["cifar", "cifar-deep"], ["a.safetensors"])
