"""Tuning of units whose preference was put there, and of the curves' figures, by closed forms."""

import warnings
from math import isnan

import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.evidence.curves import circular, over_phases, top
from phosphene.evidence.probe import Probe, _whole
from phosphene.evidence.stimuli import Colour, Grating, gratings
from phosphene.evidence.tuned import Tuning
from phosphene.evidence.tuning import tuning
from phosphene.network import Unit
from tests.evidence import planted


def away(a: float, b: float, period: float = 180) -> float:
    return abs((a - b + period / 2) % period - period / 2)


@pytest.fixture(scope="module")
def known() -> tuple[float, float, int]:
    """A direction, a frequency and a checkerboard's scale that nobody has chosen."""
    draw = np.random.default_rng(planted.fresh_seed())
    return draw.uniform(0, 180), draw.uniform(0.12, 0.3), int(draw.integers(1, 5))


@pytest.fixture(scope="module", params=["arrange", "act"])
def asked(request: pytest.FixtureRequest, known: tuple[float, float, int]) -> dict[str, Tuning]:
    """Every planted unit's tuning, before and after the non-linearity."""
    net = planted.network(*known)
    strongest = net.record(planted.pictures(64, planted.fresh_seed())[0], request.param)[request.param].amax((0, 2, 3))
    units = [Unit(request.param, i) for i in range(len(planted.UNITS))]
    return dict(zip(planted.UNITS, tuning(net, units, strongest.tolist()), strict=True))


def test_direction_within_5_degrees_and_frequency_within_10_per_cent(asked, known):
    angle, frequency, _ = known
    for name, wanted in (("upright", 90), ("level", 0), ("slanted", angle), ("copy", 90), ("scaled", angle)):
        found = asked[name].gratings
        assert away(found.direction, wanted) < 5, (name, found.direction, wanted)
        assert abs(found.frequency / frequency - 1) < 0.1, (name, found.frequency, frequency)
        assert found.selectivity > 0.5
        assert not found.at_an_end


def test_the_sentence_says_direction_and_period(asked, known):
    found = asked["upright"]
    _, pattern = found.findings
    assert pattern.sentence.startswith(f"Upright stripes (90°, {1 / found.gratings.frequency:.1f} px")
    assert pattern.value > 0.5


def test_the_checkerboards_scale(asked, known):
    for name in ("checks", "negated"):
        assert asked[name].boards.scale == known[2]
        assert f"checkerboard with squares of {known[2]} px" in asked[name].findings[1].sentence


def test_stripes_are_no_checkerboard(asked):
    for name in ("upright", "slanted", "level", "scaled"):
        assert "checkerboard" not in asked[name].findings[1].sentence


@pytest.mark.parametrize(
    ("name", "colour", "hue"),
    [("green", "green", 120), ("blue", "blue", 240), ("marker", "magenta", 300), ("red-green", "red", 330)],
)
def test_colours(asked, name, colour, hue):
    flat = asked[name].flat
    assert flat.best.name == colour
    assert away(flat.hue, hue, 360) < 1
    assert flat.hue_selectivity > 0.5
    assert f"flat field of {colour}" in asked[name].findings[0].sentence


@pytest.mark.parametrize(("name", "colour"), [("dark", "black"), ("background", "black"), ("unread", "white")])
def test_darkness_and_brightness_have_no_hue(asked, name, colour):
    assert asked[name].flat.best.name == colour
    assert not asked[name].flat.hue_selectivity > 0.05
    assert "hardly matters" in asked[name].findings[0].sentence


def test_edges_answer_to_no_flat_colour(asked):
    for name in ("upright", "slanted", "checks"):
        assert asked[name].findings[0].sentence.startswith("No flat colour")


def test_two_things_in_one_both_show(asked):
    colour, pattern = asked["two"].findings
    assert "flat field of blue" in colour.sentence
    assert pattern.sentence.startswith("Level stripes")
    assert min(colour.value, pattern.value) > 0.4


def test_a_dead_unit_prefers_nothing(asked):
    for finding in asked["dead"].findings:
        assert isnan(finding.value)
        assert "nothing to compare with" in finding.caution


def test_a_scaled_copy_has_the_same_tuning(asked):
    a, b = asked["slanted"], asked["scaled"]
    np.testing.assert_allclose(b.gratings.response, 2.5 * a.gratings.response, rtol=1e-4, atol=1e-6)
    assert a.gratings.direction == pytest.approx(b.gratings.direction, abs=0.01)  # degrees, from those responses


def test_responses_are_those_of_the_kernel_to_the_picture():
    """The response of a linear unit is the size of its kernel's Fourier transform at the grating's frequency."""
    torch.manual_seed(planted.fresh_seed())
    net = ph.Network(nn.Conv2d(3, 2, 5).eval(), input_size=(3, 16, 16))
    layer = net.layers()[-1].name
    found = tuning(net, [Unit(layer, 0), Unit(layer, 1)], [1, 1])
    kernels = net.model.weight.detach().double().sum(1).numpy()
    y, x = np.mgrid[-2:3, -2:3]
    for kernel, own in zip(kernels, found, strict=True):
        for d, direction in enumerate(own.gratings.directions):
            for f, frequency in enumerate(own.gratings.frequencies):
                turn = np.deg2rad(direction)
                wave = np.exp(2j * np.pi * frequency * (x * np.sin(turn) + y * np.cos(turn)))
                assert own.gratings.response[d, f] == pytest.approx(abs((kernel * wave).sum()) / 2, rel=1e-4, abs=1e-6)
        flat = net.model.weight[found.index(own)].detach().double().sum((1, 2)).numpy()
        wanted = np.array(Colour(120, 1, 0.5).rgb) - 0.5
        assert own.flat.response[list(own.flat.hues).index(120), 1, 1] == pytest.approx(flat @ wanted, abs=1e-5)
        by_contrast = own.gratings.contrast_response / own.gratings.response.max()
        np.testing.assert_allclose(by_contrast, [0.1, 0.2, 0.4, 0.7, 1], rtol=1e-4)
        assert own.gratings.modulation == pytest.approx(1, abs=1e-4)


class Deep(nn.Module):
    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 6, 3, padding=1)
        self.whole = whole

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.a(x)), 2)
        x = x - x.mean((2, 3), keepdim=True) if self.whole else x
        return self.b(x).relu()


@pytest.mark.parametrize("whole", [False, True])
def test_a_small_picture_is_used_only_where_it_gives_the_same_answers(whole):
    net = ph.Network(Deep(whole).eval(), input_size=(3, 48, 48))
    probe = Probe.of(net, "relu_1", [0, 1, 2])
    place = _whole(net, "relu_1")
    assert (probe.place.size == (48, 48)) == whole
    stimuli = gratings([Grating(30, 0.2), Grating(70, 0.1, 1.0, 0.5)], 3, probe.place.field)
    small = probe.ask(lambda some: stimuli[some], 2)
    large = Probe(net, "relu_1", (0, 1, 2), place).ask(lambda some: stimuli[some], 2)
    np.testing.assert_allclose(small, large, atol=1e-5)


def test_the_input_range_is_that_of_the_preprocessing():
    """A unit that returns its input's red is asked in input units, not in picture values."""
    from phosphene.preprocessing import Preprocessing

    model = nn.Conv2d(3, 1, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([1.0, 0, 0]).reshape(1, 3, 1, 1))
    net = ph.Network(model.eval(), Preprocessing((8, 8), (0.4, 0.5, 0.5), (0.2, 0.3, 0.1)), input_size=(3, 8, 8))
    found = tuning(net, [Unit(net.layers()[-1].name, 0)], [3.0])[0]
    assert found.grey == pytest.approx((0.5 - 0.4) / 0.2)
    assert found.flat.largest == pytest.approx(0.5 / 0.2)
    assert found.part(found.flat.largest) == pytest.approx(2.5 / (3.0 - 0.5))


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_pictures_of_other_channels_have_no_hue(channels):
    net = ph.Network(nn.Conv2d(channels, 3, 3).eval(), input_size=(channels, 9, 7))
    for own in tuning(net, [Unit(net.layers()[-1].name, i) for i in range(3)], [1, 1, 1]):
        assert not own.flat.response.size
        assert all(finding.sentence for finding in own.findings)
        assert "hue" not in own.findings[0].sentence


class Broken(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, 0] * float("nan"), -1 - x[:, 1], x[:, 2] * 0 + 3], 1)


def test_nan_negative_and_constant_units_are_answered_without_a_warning():
    net = ph.Network(Broken(), input_size=(3, 8, 8))
    units = [Unit(net.layers()[-1].name, i) for i in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing, negative, constant = tuning(net, units, [float("nan"), -1.0, 3.0])
        said = [finding for own in (nothing, negative, constant) for finding in own.findings]
    assert all(finding.sentence for finding in said)
    assert isnan(said[0].value)
    assert isnan(said[4].value)
    assert negative.flat.largest == pytest.approx(0.5)  # at no green at all: -1 instead of -1.5
    assert said[2].value == pytest.approx(1)


def test_the_model_is_given_back_as_it_was():
    net = planted.network()
    net.model.train()
    before = {name: value.clone() for name, value in net.model.state_dict().items()}
    state = torch.random.get_rng_state()
    tuning(net, [Unit("act", 0)], [1.0])
    assert net.model.training
    assert all(torch.equal(value, before[name]) for name, value in net.model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


# -- curves ------------------------------------------------------------------------------------------------------


def test_the_circular_mean_does_not_mind_where_the_circle_is_cut():
    from scipy.stats import circmean, circvar

    draw = np.random.default_rng(planted.fresh_seed())
    degrees = np.arange(0, 180, 15.0)
    counts = draw.integers(0, 9, 12)
    counts[0] += 9
    angles = np.deg2rad(2 * np.repeat(degrees, counts))
    mean, selectivity = circular(counts.astype(float), degrees, 180)
    assert away(mean, np.rad2deg(circmean(angles)) / 2) < 1e-6
    assert selectivity == pytest.approx(1 - circvar(angles))
    assert all(map(isnan, circular(np.zeros(12), degrees, 180)))


def test_the_top_of_a_bell_between_the_points():
    places = np.geomspace(0.05, 0.45, 9)
    assert top(np.exp(-((places - 0.17) ** 2) / 0.02), places) == pytest.approx(0.17)
    degrees = np.arange(0, 180, 15.0)
    bell = np.exp(-(((degrees - 178 + 90) % 180 - 90) ** 2) / 900)
    assert top(bell, degrees, 180) == pytest.approx(178)
    assert top(np.array([3.0, 2, 1]), np.array([1.0, 2, 3])) == 1


def test_harmonics_of_a_rectified_wave():
    phases = np.arange(6) * np.pi / 3
    wave = np.maximum(np.cos(phases[None] + np.linspace(0, 6, 40)[:, None]), 0)
    mean, first = over_phases(wave)
    np.testing.assert_allclose(first, 0.5, rtol=1e-6)
    np.testing.assert_allclose(mean, 1 / np.pi, rtol=0.1)
