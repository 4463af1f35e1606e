"""Planted filters: dead, too large, duplicate and aliasing ones, with answers that are known."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from phosphene import Network, PhospheneError, images
from phosphene.paper import clip, clipped, filters
from phosphene.paper.filters_aliasing import folded
from phosphene.paper.filters_calls import watch
from phosphene.paper.filters_weights import bands, by_chance, duplicates


def network(model, channels=3, side=16):
    return Network(model, input_size=(channels, side, side), name="planted")


def convolution(weights, bias=None, **options):
    module = nn.Conv2d(
        weights.shape[1] * options.get("groups", 1), len(weights), weights.shape[2:], bias=bias is not None, **options
    )
    module.weight.data = weights.clone()
    if bias is not None:
        module.bias.data = bias
    return module


def noise(count=6, channels=3, side=16):
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1))


# -- dead --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("written", ["module", "in place", "functional", "clamp"])
def test_dead_filters_are_those_that_never_vary_behind_their_relu(norm, written):
    weights = torch.randn(5, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    weights[1] = 0
    weights[3] = -weights[3].abs()  # below nought for every picture: silent behind a ReLU only
    first = nn.Sequential(convolution(weights, torch.zeros(5)), nn.BatchNorm2d(5) if norm else nn.Identity())
    rectify = {
        "module": nn.ReLU(),
        "in place": nn.ReLU(inplace=True),
        "functional": F.relu,
        "clamp": lambda x: x.clamp(min=0),
    }[written]

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = first

        def forward(self, x):
            return rectify(self.first(x)).mean((2, 3))

    net = network(Model())
    assert filters(net, noise()).layers[0].dead.tolist() == [False, True, False, True, False]


def test_without_a_relu_a_map_below_nought_is_alive():
    weights = -torch.rand(3, 3, 3, 3)
    weights[1] = 0
    net = network(nn.Sequential(convolution(weights)))
    assert filters(net, noise()).layers[0].dead.tolist() == [False, True, False]


def test_one_picture_in_which_it_varies_keeps_a_filter_alive():
    net = network(nn.Sequential(convolution(torch.ones(1, 1, 1, 1), torch.tensor([-0.5])), nn.ReLU()), 1, 512)
    dark = torch.zeros(9, 1, 512, 512)  # as many pictures as make several batches
    assert filters(net, dark).layers[0].dead.all()
    dark[4, 0, 3, 3] = 0.6
    assert not filters(net, dark).layers[0].dead.any()


# -- the RMS rule ------------------------------------------------------------------------------------------------


def sized():
    sign = torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1, 1]).reshape(1, 1, 3, 3)
    return torch.tensor([0.05, 0.1, 0.3, 0.4]).reshape(4, 1, 1, 1) * sign.expand(4, 2, 3, 3)


def test_rms_and_dominance():
    found = filters(network(nn.Sequential(convolution(sized())), 2), noise(channels=2)).layers[0]
    assert found.rms == pytest.approx([0.05, 0.1, 0.3, 0.4])
    assert found.beyond.tolist() == [False, False, True, True]
    assert found.dominance == pytest.approx(0.4 / 0.2)
    assert found.paper_rms == pytest.approx(found.rms / 255)


def test_the_preprocessing_counts_into_the_rms_for_the_papers_inputs():
    from phosphene.preprocessing import Preprocessing

    weights = torch.full((1, 3, 2, 2), 3.0)
    scale = Preprocessing((16, 16), (0.5, 0.5, 0.5), (0.5, 0.25, 0.2))
    net = Network(nn.Sequential(convolution(weights)), scale, input_size=(3, 16, 16))
    expected = 3 / 255 * math.sqrt((2**2 + 4**2 + 5**2) / 3)
    assert filters(net, noise()).layers[0].paper_rms == pytest.approx([expected], rel=1e-5)


def test_clip_brings_to_the_radius_and_touches_nothing_else():
    weights = sized()
    got = clip(weights)
    assert torch.equal(got[:2], weights[:2])
    torch.testing.assert_close(got[2], weights[2] / 3)
    torch.testing.assert_close(got[3], weights[3] / 4)


def test_clipped_gives_new_weights_and_leaves_the_model():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = nn.Parameter(sized())
            self.second = convolution(torch.full((2, 4, 1, 1), 0.7))
            self.classes = nn.Linear(2, 2)

        def forward(self, x):
            return self.classes(self.second(F.conv2d(x, self.kernel)).mean((2, 3)))

    model = Model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    net = network(model, 2)
    found = clipped(net, 0.2)
    assert set(found) == {"kernel", "second.weight"}
    torch.testing.assert_close(found["second.weight"], torch.full((2, 4, 1, 1), 0.2))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    model.load_state_dict(found, strict=False)
    assert not any(layer.beyond.any() for layer in filters(net, noise(channels=2), radius=0.2).layers)


# -- frequency ---------------------------------------------------------------------------------------------------


def test_a_single_weight_has_energy_everywhere_alike():
    point = torch.zeros(1, 2, 5, 5)
    point[0, 1, 2, 3] = 4.0
    axis = ((np.arange(64) + 32) % 64 - 32) / 64
    radius = np.hypot(axis[:, None], axis)
    expected = [(radius < 1 / 8).mean(), ((radius >= 1 / 8) & (radius <= 1 / 4)).mean(), (radius > 1 / 4).mean()]
    assert bands(point)[0] == pytest.approx(expected, abs=1e-9)
    assert expected[0] == pytest.approx(math.pi / 64, abs=0.01)


@pytest.mark.parametrize(("cycles", "band"), [(1 / 32, 0), (6 / 32, 1), (13 / 32, 2)])
def test_a_grating_lies_in_its_band(cycles, band):
    wave = torch.cos(2 * math.pi * cycles * torch.arange(32.0)) * torch.hann_window(32)
    share = bands((wave[:, None] * torch.hann_window(32)).reshape(1, 1, 32, 32))[0]
    assert share[band] > 0.98


def test_a_difference_of_neighbours_by_its_closed_form():
    # |W|^2 = 2 - 2 cos 2 pi f, over the frequencies of each band, channels of different filters added up.
    weights = torch.zeros(1, 2, 3, 3)
    weights[0, 0, 1, :2] = torch.tensor([1.0, -1.0])
    weights[0, 1, 1, 1] = 2.0
    axis = np.fft.fftfreq(64)
    power = np.broadcast_to(2 - 2 * np.cos(2 * math.pi * axis) + 4, (64, 64))
    radius = np.hypot(axis[:, None], axis)
    expected = [power[m].sum() / power.sum() for m in (radius < 1 / 8, abs(radius - 3 / 16) <= 1 / 16, radius > 1 / 4)]
    assert bands(weights)[0] == pytest.approx(expected)


def test_filters_of_one_pixel_or_of_nothing_have_no_spectrum():
    assert np.isnan(bands(torch.ones(2, 3, 1, 1))).all()
    assert np.isnan(bands(torch.zeros(2, 3, 3, 3))).all()


# -- duplicates --------------------------------------------------------------------------------------------------


def test_planted_duplicates_are_found_with_their_kind():
    weights = torch.randn(10, 3, 5, 5, generator=torch.Generator().manual_seed(3))
    weights[4] = weights[1]
    weights[6] = 2.5 * weights[2]
    weights[7] = -weights[3]
    weights[9] = -0.5 * weights[5]
    weights[8] = 0
    found = {(pair.first, pair.second): (pair.kind, round(pair.factor, 3)) for pair in duplicates(weights)}
    assert found == {
        (1, 4): ("copy", 1.0),
        (2, 6): ("scaled", 2.5),
        (3, 7): ("negated", 1.0),
        (5, 9): ("negated and scaled", 0.5),
    }


def test_the_same_kernel_on_different_channels_is_no_duplicate():
    weights = torch.randn(1, 1, 3, 3).expand(6, 1, 3, 3)
    assert not duplicates(weights, groups=6)
    assert {(p.first, p.second) for p in duplicates(weights, groups=3)} == {(0, 1), (2, 3), (4, 5)}


def test_by_chance_is_what_random_filters_have():
    drawn = torch.randn(400, 2, 1, 2, generator=torch.Generator().manual_seed(0))
    expected = by_chance(drawn)
    assert len(duplicates(drawn)) == pytest.approx(expected, rel=0.1)


# -- aliasing ----------------------------------------------------------------------------------------------------


def waves(low, high, axis):
    """A picture of two waves: amplitude ``low`` at 1/32 and ``high`` at 3/8 cycles a pixel."""
    n = torch.arange(64.0)
    line = low * torch.cos(2 * math.pi * n / 32) + high * torch.cos(2 * math.pi * n * 3 / 8)
    return (line[:, None] if axis == 0 else line).expand(1, 1, 64, 64).contiguous()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (1.0, 1.0), (2.0, 1.0), (0.0, 1.0)])
def test_the_share_of_a_wave_that_the_stride_folds(low, high, axis):
    net = network(nn.Sequential(convolution(torch.ones(2, 1, 1, 1), stride=2)), 1, 64)
    [found] = filters(net, waves(low, high, axis)).strided
    expected = high**2 / (low**2 + high**2)
    assert found.share == pytest.approx([expected], abs=0.002)
    assert found.units == pytest.approx([expected] * 2, abs=0.002)
    assert found.of_noise == 0.75


def test_the_stride_counts_only_along_its_own_axis():
    net = network(nn.Sequential(convolution(torch.ones(1, 1, 1, 1), stride=(1, 2))), 1, 64)
    assert filters(net, waves(0, 1, 1)).strided[0].mean == pytest.approx(1, abs=0.002)
    assert filters(net, waves(0, 1, 0)).strided[0].mean == pytest.approx(0, abs=0.002)


def test_white_noise_folds_what_it_should():
    draw = torch.randn(20, 1, 60, 60, generator=torch.Generator().manual_seed(0))
    part, whole = folded(draw, (4, 4))
    assert float(part.sum() / whole.sum()) == pytest.approx(1 - 1 / 16, abs=0.02)


@pytest.mark.parametrize("width", [20, 21])
def test_energies_are_those_of_the_whole_spectrum(width):
    maps = torch.randn(2, 3, 17, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    part, whole = folded(maps, (2, 3))
    window = np.outer(np.hanning(19)[1:-1], np.hanning(width + 2)[1:-1])
    pixels = maps.numpy()
    centred = pixels - (pixels * window).sum((2, 3), keepdims=True) / window.sum()
    power = abs(np.fft.fft2(centred * window)) ** 2
    beyond = (abs(np.fft.fftfreq(17)) > 1 / 4)[:, None] | (abs(np.fft.fftfreq(width)) > 1 / 6)
    np.testing.assert_allclose(whole.numpy(), power.sum((2, 3)), rtol=1e-5)
    np.testing.assert_allclose(part.numpy(), (power * beyond).sum((2, 3)), rtol=1e-5)


def test_a_blur_before_the_stride_removes_the_folding():
    net = network(nn.Sequential(nn.AvgPool2d(8, 1), convolution(torch.ones(1, 1, 1, 1), stride=2)), 1, 64)
    assert filters(net, waves(1, 1, 0)).strided[0].mean < 0.01  # the mean over 8 pixels of a wave of 8/3 is nought


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(2, 3, 3, stride=3, padding=1, padding_mode="reflect"),
        nn.Conv2d(2, 3, 2, stride=(2, 3)),
        nn.MaxPool2d(3, 2),
        nn.MaxPool2d(2),
        nn.AvgPool2d(3, 2, count_include_pad=False),
    ],
)
def test_the_dense_output_is_that_of_shifted_inputs_interleaved(layer):
    x = noise(2, 2, 18)
    seen = []
    watch(network(nn.Sequential(layer), 2, 18), x, seen.append)
    [call] = seen
    with torch.no_grad():
        dense, (down, across) = call.dense(), call.stride
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect") if getattr(layer, "padding_mode", "") == "reflect" else x
        bare = nn.Conv2d(2, 3, 3, stride=3) if padded is not x else layer
        if bare is not layer:
            bare.load_state_dict(layer.state_dict())
        for dy in range(down):
            for dx in range(across):
                shifted = bare(padded[:, :, dy:, dx:])
                own = dense[:, :, dy::down, dx::across][:, :, : shifted.shape[2], : shifted.shape[3]]
                torch.testing.assert_close(own, shifted)


def test_neither_brightness_nor_the_picture_s_border_counts():
    slope = torch.linspace(0, 1, 64).expand(1, 1, 64, 64).contiguous()  # as a period it would have a sharp edge
    net = network(nn.Sequential(convolution(torch.ones(1, 1, 1, 1), stride=2)), 1, 64)
    assert filters(net, slope).strided[0].mean < 1e-3
    assert filters(net, waves(1, 1, 0) + 50).strided[0].mean == pytest.approx(0.5, abs=0.002)


def test_a_stride_of_one_does_not_alias():
    assert not filters(network(nn.Sequential(nn.Conv2d(3, 2, 3), nn.MaxPool2d(3, 1))), noise()).strided


# -- the whole ---------------------------------------------------------------------------------------------------


def planted():
    weights = 0.05 * torch.randn(12, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    weights[2] = 0
    weights[7] = 0
    weights[5] = 3 * weights[4]
    weights[9] *= 20
    return network(nn.Sequential(convolution(weights, torch.zeros(12), stride=2), nn.ReLU(), nn.Conv2d(12, 2, 1)))


def test_the_findings_say_what_was_planted():
    found = filters(planted(), noise())
    said = str(found)
    assert "2 of 12 filters of 0 are dead on 6 pictures (2, 7)." in said
    assert "the largest, filter 9, has" in said
    assert "4 and 5 (scaled)" in said
    assert "Stride 2 of the convolution 0 aliases " in said
    assert "In all 2 convolutions: 2 of 14 filters dead" in said
    assert "<li>2 of 12 filters of 0 are dead" in found._repr_html_()
    assert len(repr(found)) < 200


def test_the_figure_shows_every_filter_and_says_what_is_wrong():
    sheet = filters(planted(), noise()).figure()
    assert len(sheet.tiles) == 12
    assert [k for k, tile in enumerate(sheet.tiles) if tile.picture is None] == [2, 7]
    assert sheet.tiles[2].captions == ("dead",)
    assert sheet.tiles[5].captions == ("like 4",)
    brightest = np.asarray(sheet.tiles[9].picture).astype(int)
    quiet = np.asarray(sheet.tiles[0].picture).astype(int)
    assert abs(brightest - 128).max() == 127
    assert abs(quiet - 128).max() < 30  # one that dominates greys the others
    assert abs(np.asarray(filters(planted(), noise()).figure("tile").tiles[0].picture).astype(int) - 128).max() == 127


@pytest.mark.parametrize(("channels", "shown"), [(1, 0), (3, 0), (2, 2), (5, 5), (20, 16)])
def test_filters_of_any_number_of_channels(channels, shown):
    net = network(nn.Sequential(nn.Conv2d(channels, 4, 4)), channels)
    found = filters(net, images("samples").take(3, 0))
    assert found.pictures == 3
    members = found.figure().tiles
    assert [len(getattr(member, "tiles", ())) for member in members] == [shown] * 4
    pictures = [tile.picture for member in members for tile in getattr(member, "tiles", [member])]
    assert {picture.size for picture in pictures} == {(4, 4)}
    if shown:  # each channel is its own picture, scaled with the others of its filter
        weights = found.layers[0].weights
        expected = torch.round(127 * weights[2, 1] / weights.abs().max()) + 128
        np.testing.assert_array_equal(np.asarray(members[2].tiles[1].picture)[..., 0], expected.numpy())


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(ending, tmp_path):
    found = filters(planted(), noise())
    found.save(tmp_path / f"a.{ending}")
    found.plot().save(tmp_path / f"b.{ending}", "dark")
    assert all((tmp_path / f"{name}.{ending}").stat().st_size > 1000 for name in "ab")


def test_progress_counts_pictures():
    heard = []
    filters(planted(), noise(), limit=4, tell=lambda *each: heard.append(each))
    assert heard == [(4, 4)]


def test_mistakes():
    with pytest.raises(PhospheneError, match="planted has no 2-D convolution among them"):
        filters(network(nn.Sequential(nn.Flatten(), nn.Linear(768, 2))), noise())
    with pytest.raises(PhospheneError, match="planted has no layer '9'"):
        filters(planted(), noise(), layers=["9"])
    with pytest.raises(PhospheneError, match="a radius of 0 leaves no filter"):
        filters(planted(), noise(), radius=0)
