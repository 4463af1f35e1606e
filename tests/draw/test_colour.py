"""Pixel arithmetic, checked against NumPy written out by hand."""

import matplotlib
import numpy as np
import pytest
import torch
from skimage.color import xyz2lab
from skimage.color.colorconv import xyz_from_rgb

from phosphene.draw.colour import filters, heat, signed, strip
from phosphene.draw.scaling import measure
from phosphene.errors import PhospheneError

MAGENTA = (255, 0, 255)


def random(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def by_hand(tile, divisor):
    """(C, H, W) -> (H, W, C): one pixel at a time, from the sentence 'zero is 128, the largest is 127 away'."""
    channels, height, width = tile.shape
    out = np.zeros((height, width, channels), dtype=int)
    for c, y, x in np.ndindex(tile.shape):
        out[y, x, c] = 128 + round(float(tile[c, y, x]) / divisor * 127)
    return out


@pytest.mark.parametrize("scale", ["tile", "shared"])
def test_zero_is_mid_grey_and_both_signs_lie_equally_far_from_it(scale):
    drawn = signed(torch.tensor([[[[0.0, 2.0, -2.0, 1.0, -1.0]]]]), scale)
    np.testing.assert_array_equal(drawn[0, 0, :, 0], [128, 255, 1, 192, 64])


def test_each_tile_is_divided_by_its_own_maximum():
    values = random(2, 3, 3, 5, 4)
    drawn = signed(values)
    assert drawn.shape == (2, 3, 5, 4, 3)
    assert drawn.dtype == np.uint8
    for unit, image in np.ndindex(2, 3):
        tile = values[unit, image].numpy()
        np.testing.assert_array_equal(drawn[unit, image], by_hand(tile, abs(tile).max()))


def test_a_shared_scale_divides_all_by_the_largest_of_all():
    values = random(4, 3, 5, 4) * torch.tensor([1.0, 0.5, 8.0, 2.0])[:, None, None, None]
    drawn = signed(values, "shared")
    for tile, picture in zip(values.numpy(), drawn, strict=True):
        np.testing.assert_array_equal(picture, by_hand(tile, abs(values.numpy()).max()))


def test_a_shared_scale_keeps_ratios_and_a_tile_scale_does_not():
    pattern = random(3, 6, 6)
    values = torch.stack([pattern, pattern / 4])
    strong, weak = signed(values, "shared").astype(int) - 128
    np.testing.assert_allclose(weak, strong / 4, atol=0.5 + 0.125)
    own = signed(values)
    np.testing.assert_array_equal(own[0], own[1])


def test_one_channel_is_grey():
    drawn = signed(random(2, 1, 4, 4))
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 1])
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 2])


def test_what_is_not_finite_is_magenta_counted_and_no_part_of_the_scale():
    values = random(2, 3, 4, 4)
    broken = values.clone()
    broken[0, 1, 2, 3] = float("nan")
    broken[0, 0, 0, 0] = float("-inf")
    drawn, expected = (
        signed(broken),
        by_hand(values[0].numpy(), broken[0][broken[0].isfinite()].abs().max().item()),
    )
    expected[2, 3] = expected[0, 0] = MAGENTA
    np.testing.assert_array_equal(drawn[0], expected)
    assert measure(broken).not_finite.tolist() == [2, 0]
    assert "Magenta: not finite (2 pixels)" in measure(broken).note
    assert "Magenta" not in measure(values).note


def test_tiles_with_nothing_to_show_are_reported():
    values = random(4, 3, 4, 4)
    values[1] = 0
    values[3] = float("nan")
    for scale in ("tile", "shared"):
        assert measure(values, scale).empty.tolist() == [False, True, False, True]
    assert (signed(values)[1] == 128).all()
    assert (signed(values)[3] == MAGENTA).all()


def test_the_note_says_the_scale():
    values = torch.tensor([0.5, -0.8349]).reshape(2, 1, 1, 1)
    assert measure(values).note == "Each tile scaled to its own maximum."
    assert measure(values, "shared").note == "All tiles share one scale: ±0.835."
    assert measure(values.abs()[:, 0], "shared", axes=2).note == "All tiles share one scale: 0 to 0.835."
    assert measure(values[:, 0], "shared", axes=2).note == "All tiles share one scale: ±0.835."
    assert "99 % of its own |values|; what lies beyond is clipped" in measure(values, percentile=99).note


def test_a_percentile_ignores_zeros_and_clips_what_lies_beyond():
    values = torch.zeros(1, 1, 20, 20)
    values[0, 0, 0] = torch.arange(1.0, 21.0)
    values[0, 0, 0, -1] = -1000
    scaling = measure(values, percentile=50)
    assert scaling.divisor[0] == pytest.approx(np.percentile([*range(1, 20), 1000], 50))
    assert scaling.largest[0] == 1000
    drawn = signed(values, scaling)
    assert drawn[0, 0, -1, 0] == 1
    assert drawn[0, 0, 18, 0] == 255
    assert drawn[0, 0, 0, 0] == 128 + round(127 / 10.5)


@pytest.mark.parametrize(
    "convert",
    [
        lambda v: v.double(),
        lambda v: v.requires_grad_(),
        lambda v: v.numpy(),
        lambda v: v.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2),
        lambda v: v.numpy().astype(np.float64),
    ],
)
def test_any_kind_of_number_gives_the_same_picture(convert):
    values = random(2, 3, 5, 4)
    np.testing.assert_array_equal(signed(values), signed(convert(values.clone())))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int32])
def test_short_and_whole_numbers_are_drawn_as_their_values(dtype):
    values = (random(1, 3, 5, 4) * 50).to(dtype)
    np.testing.assert_array_equal(signed(values), signed(values.float()))


@pytest.mark.parametrize("size", [1e-42, 1e38])
def test_very_small_and_very_large_values_neither_vanish_nor_overflow(size):
    values = torch.tensor([[[[size, 0.0, -size]]]])
    np.testing.assert_array_equal(signed(values)[0, 0, :, 0], [255, 128, 1])


@pytest.mark.parametrize("shape", [(2, 2, 4, 4), (5, 4, 4), (4, 4)])
def test_other_than_one_or_three_channels_is_refused(shape):
    with pytest.raises(PhospheneError, match=r"C = 1 or 3.*filters"):
        signed(random(*shape))


def test_an_unknown_scale_or_percentile_is_refused():
    with pytest.raises(PhospheneError, match="did you mean 'shared'"):
        signed(random(1, 3, 2, 2), "share")
    for percentile in (0, 101, float("nan")):
        with pytest.raises(PhospheneError, match="percentile"):
            measure(random(1, 3, 2, 2), percentile=percentile)


def test_heat_looks_up_magma_for_maps_without_negative_values():
    maps = np.linspace(0, 3, 12).reshape(1, 3, 4)
    magma = matplotlib.colormaps["magma"].resampled(255)
    expected = np.rint(np.array([magma(round(v / 3 * 254))[:3] for v in maps.ravel()]) * 255)
    np.testing.assert_array_equal(heat(maps)[0].reshape(-1, 3), expected)


def test_heat_of_signed_maps_is_blue_white_red_with_zero_in_the_middle():
    drawn = heat(np.array([[-2.0, -0.5, 0.0, 0.5, 2.0]]))[0].astype(int)
    assert (drawn[2] == drawn[2, 0]).all()
    assert drawn[2, 0] > 240
    assert drawn[0, 2] > drawn[0, 0] + 40
    assert drawn[4, 0] > drawn[4, 2] + 40
    np.testing.assert_array_equal(drawn[2], strip("diverging")[127])


def test_heat_marks_what_is_not_finite():
    assert tuple(heat(np.array([[1.0, np.nan]]))[0, 1]) == MAGENTA


def to_linear(colours):
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def luminance(colours):
    return to_linear(colours) @ [0.2126, 0.7152, 0.0722]


def test_palettes_can_be_told_by_lightness_alone():
    assert (np.diff(luminance(strip("sequential") / 255)) >= -1e-3).all()
    below, above = np.split(luminance(strip("diverging") / 255), [127])
    assert (np.diff(below) > -1e-3).all()
    assert (np.diff(above) < 1e-3).all()


def test_the_two_arms_of_the_diverging_palette_stay_apart_without_green_receptors():
    # Machado, Oliveira and Fernandes 2009, deuteranopia, severity 1.0, applied to linear RGB.
    deuteranopia = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    )
    linear = to_linear(strip("diverging") / 255)
    seen = xyz2lab((linear @ deuteranopia.T).clip(0, 1) @ xyz_from_rgb.T)
    assert (np.linalg.norm(seen[:64] - seen[:190:-1], axis=1) > 20).all()


def test_filters_of_three_channels_are_colour_pictures():
    weights = random(4, 3, 5, 5)
    np.testing.assert_array_equal(filters(weights), signed(weights))
    np.testing.assert_array_equal(filters(weights, "shared"), signed(weights, "shared"))


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_other_filters_are_rows_of_grey_pictures_on_one_scale_each(channels):
    weights = random(4, channels, 3, 3) * torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None, None, None]
    drawn = filters(weights)
    assert drawn.shape == (4, channels, 3, 3, 3)
    for filter_, row in zip(weights.numpy(), drawn, strict=True):
        expected = by_hand(filter_, abs(filter_).max())
        for channel in range(3):
            np.testing.assert_array_equal(row[..., channel], expected.transpose(2, 0, 1))


@pytest.mark.parametrize("count", [1, 2, 3, 200, 201, 5000])
@pytest.mark.parametrize("percentile", [0.5, 50.0, 99.5, 99.999])
def test_the_percentile_is_that_of_the_values_that_are_not_zero(count, percentile):
    values = np.zeros((1, 1, 90, 90), np.float32)
    values.ravel()[:: 8100 // count][:count] = np.random.default_rng(count).standard_normal(count)
    given = np.abs(values[values != 0])
    assert len(given) == count
    assert measure(values, "tile", percentile).divisor.item() == pytest.approx(
        np.percentile(given, percentile), rel=1e-6
    )
